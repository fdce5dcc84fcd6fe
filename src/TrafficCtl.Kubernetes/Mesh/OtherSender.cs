using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>A rule that the controller does not manage and that sends to slots of the service.</summary>
/// <param name="What">For a person: <c>another rule of HTTPRoute shop/checkout (testers)</c>.</param>
/// <param name="IsOfRoute">It is in the managed object, not in another one.</param>
/// <param name="Services">The slots that it sends to.</param>
internal sealed record OtherSender(string What, bool IsOfRoute, ImmutableArray<string> Services)
{
    /// <summary>One for the destinations of a rule that take traffic and are slots; none when there is none.</summary>
    public static IEnumerable<OtherSender> Of(string what, bool isOfRoute, IEnumerable<string?> services)
    {
        ImmutableArray<string> slots = [.. services.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return slots.IsEmpty ? [] : [new OtherSender(what, isOfRoute, slots)];
    }

    /// <summary>The name of a rule, for a person.</summary>
    public static string NameOf(JsonObject rule, int at) =>
        JsonRead.Text(rule["name"]) ?? string.Create(CultureInfo.InvariantCulture, $"number {at + 1}");

    public override string ToString() => $"{What} sends to {string.Join(" and ", Services)} too";
}
