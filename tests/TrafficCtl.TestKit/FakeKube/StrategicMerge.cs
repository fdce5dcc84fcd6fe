using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>
/// The patch that kubectl sends for built-in kinds, as far as it is needed: lists of named things are merged by their names.
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch", Order = "$setElementOrder/";

    public static JsonNode? Merge(JsonNode? target, JsonNode? patch) => patch switch
    {
        JsonObject changes => Members(target as JsonObject, changes),
        JsonArray changes when KeyOf(changes) is { } key => Elements(target as JsonArray, changes, key),
        _ => patch?.DeepClone(),
    };

    private static JsonObject Members(JsonObject? target, JsonObject changes)
    {
        var result = (string?)changes[Directive] == "replace" || target is null ? [] : target.DeepClone().AsObject();
        foreach (var (name, value) in changes)
        {
            if (name == Directive || name.StartsWith(Order, StringComparison.Ordinal)) continue;
            if (value is null) result.Remove(name);
            else result[name] = Merge(result[name], value);
        }

        return result;
    }

    private static JsonArray Elements(JsonArray? target, JsonArray changes, string key)
    {
        var result = target?.DeepClone().AsArray() ?? [];
        foreach (var change in changes.Select(c => c!.AsObject()))
        {
            var at = result.ToList().FindIndex(r => r is JsonObject there && JsonNode.DeepEquals(there[key], change[key]));
            if ((string?)change[Directive] == "delete")
            {
                if (at >= 0) result.RemoveAt(at);
            }
            else if (at >= 0)
            {
                result[at] = Members(result[at]!.DeepClone().AsObject(), change);
            }
            else
            {
                result.Add(Members(null, change));
            }
        }

        return result;
    }

    /// <summary>What tells the elements apart; null for a list that is replaced.</summary>
    private static string? KeyOf(JsonArray list) =>
        list.Count == 0
            ? null
            : ((string[])["port", "containerPort", "name"]).FirstOrDefault(k => list.All(e => e is JsonObject map && map[k] is not null));
}
