using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>
/// What a GitOps tool leaves out when it compares: <c>del(PATH)</c> of jq for Argo CD, as far as the documented paths go (keys, <c>[]</c>,
/// <c>select(.key == "text")</c>, pipes), and JSON pointers.
/// </summary>
internal static partial class IgnoredPaths
{
    public static JsonObject WithoutJq(JsonObject from, params IEnumerable<string> paths)
    {
        var left = from.DeepClone().AsObject();
        foreach (var path in paths)
        {
            var places = new List<(JsonNode Parent, string Key)>();
            Find(left, null, Steps(path), 0, places);
            foreach (var (parent, key) in places.AsEnumerable().Reverse()) Remove(parent, key);
        }

        return left;
    }

    public static JsonObject WithoutPointers(JsonObject from, params IEnumerable<string> pointers)
    {
        var left = from.DeepClone().AsObject();
        foreach (var pointer in pointers)
        {
            var parts = pointer.Split('/')
                .Skip(1)
                .Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
                .ToArray();
            JsonNode? at = left;
            foreach (var part in parts[..^1]) at = at is JsonArray list
                ? list.ElementAtOrDefault(int.Parse(part, CultureInfo.InvariantCulture))
                : (at as JsonObject)?[part];
            if (at is not null) Remove(at, parts[^1]);
        }

        return left;
    }

    private static void Remove(JsonNode parent, string key)
    {
        if (parent is JsonObject map) map.Remove(key);
        else parent.AsArray().RemoveAt(int.Parse(key, CultureInfo.InvariantCulture));
    }

    private static void Find(JsonNode? at, (JsonNode Parent, string Key)? place, string[] steps, int step, List<(JsonNode, string)> places)
    {
        if (step == steps.Length)
        {
            if (place is { } found && at is not null) places.Add(found);
        }
        else if (steps[step] == "[]")
        {
            var list = at as JsonArray ?? throw new InvalidOperationException($"{at?.ToJsonString() ?? "null"} has no elements");
            for (var i = 0; i < list.Count; i++) Find(list[i], (list, i.ToString(CultureInfo.InvariantCulture)), steps, step + 1, places);
        }
        else if (Select().Match(steps[step]) is { Success: true } select)
        {
            if ((string?)at?[select.Groups["key"].Value] == select.Groups["text"].Value) Find(at, place, steps, step + 1, places);
        }
        else if (at is not null)
        {
            Find(at[steps[step]], (at, steps[step]), steps, step + 1, places);
        }
    }

    private static string[] Steps(string path) =>
    [
        .. path.Split('|', StringSplitOptions.TrimEntries).SelectMany(part => Select().IsMatch(part)
            ? [part]
            : Step().Matches(part) is var steps && string.Concat(steps.Select(s => s.Value)) == part
                ? steps.Select(s => s.Value.TrimStart('.'))
                : throw new FormatException($"{part} is no path that is known here")),
    ];

    [GeneratedRegex("""^select\(\.(?<key>\w+) == "(?<text>[^"]*)"\)$""")]
    private static partial Regex Select();

    [GeneratedRegex(@"\.\w+|\[\]")]
    private static partial Regex Step();
}
