using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace TrafficCtl.Proxy.Messages;

/// <summary>Headers that a <c>Connection</c> header names: they are for this hop and end here (RFC 9110 7.6.1).</summary>
/// <remarks>The server library keeps no other word of a request's <c>Connection</c> beside <c>close</c> or <c>keep-alive</c>.</remarks>
internal static class NominatedHeaders
{
    /// <summary>The names, without the connection options that name no header; empty almost always.</summary>
    public static IEnumerable<string> Of(StringValues connection)
    {
        foreach (var line in connection)
        {
            if (line is null || IsOption(line)) continue;
            foreach (var part in line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                if (!IsOption(part)) yield return part;
        }
    }

    /// <summary>A response that names its own headers.</summary>
    public static void Remove(IHeaderDictionary headers, HttpResponseMessage answer)
    {
        if (!answer.Headers.NonValidated.TryGetValues("Connection", out var connection)) return;
        foreach (var name in Of(new StringValues([.. connection]))) headers.Remove(name);
    }

    private static bool IsOption(string word) =>
        word.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
        || word.Equals("close", StringComparison.OrdinalIgnoreCase)
        || word.Equals("upgrade", StringComparison.OrdinalIgnoreCase);
}
