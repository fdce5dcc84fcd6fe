using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What discovery must still know of a service after a restart.</summary>
/// <param name="Held">The Service whose slot holds the last good version; null before it is known.</param>
/// <param name="Aliases">
/// By Service: what runs there was changed in place while it served, so it goes on under the name that serves.
/// </param>
/// <param name="Declared">The last valid declaration; null before the first.</param>
internal sealed record SlotNotes(string? Held, ImmutableSortedDictionary<string, Alias> Aliases, string? Declared)
{
    public static readonly SlotNotes None = new(null, ImmutableSortedDictionary<string, Alias>.Empty, null);

    /// <summary>
    /// The last good version as it was seen in <see cref="Held"/>; null before. Where it is still the last good one and something else
    /// runs there, the slot was changed in place.
    /// </summary>
    public string? HeldVersion { get; init; }

    /// <summary>Null when there is nothing to keep.</summary>
    public string? Write()
    {
        if (Held is null && Aliases.IsEmpty && Declared is null) return null;
        var json = new JsonObject();
        if (Held is not null) json["held"] = Held;
        if (HeldVersion is not null) json["heldVersion"] = HeldVersion;
        if (!Aliases.IsEmpty)
            json["aliases"] =
                new JsonObject(Aliases.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)new JsonArray(a.Value.Version, a.Value.Name))));
        if (Declared is not null) json["declared"] = Declared;
        return json.ToJsonString();
    }

    /// <summary>What cannot be read is as if it was never written: then nothing is taken for serving.</summary>
    public static SlotNotes Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return None;
        try
        {
            if (JsonNode.Parse(text) is not JsonObject json) return None;
            var aliases = ImmutableSortedDictionary.CreateBuilder<string, Alias>(StringComparer.Ordinal);
            foreach (var (service, pair) in json.MapAt("aliases") ?? [])
                if (pair is JsonArray { Count: 2 } both) aliases[service] = new Alias(both[0]?.ToString() ?? "", both[1]?.ToString() ?? "");
            return new SlotNotes(json.TextAt("held"), aliases.ToImmutable(), json.TextAt("declared"))
            {
                HeldVersion = json.TextAt("heldVersion"),
            };
        }
        catch (JsonException)
        {
            return None;
        }
    }
}

/// <param name="Version">What the pod template is.</param>
/// <param name="Name">What it is called.</param>
internal readonly record struct Alias(string Version, string Name);
