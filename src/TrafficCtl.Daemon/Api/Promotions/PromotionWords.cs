using System.Text.Json;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>The words of the contract for what the engine names.</summary>
internal static class PromotionWords
{
    /// <summary><c>rolled-back</c> of <c>RolledBack</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
