using System.Globalization;
using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>RFC 6901.</summary>
internal static class JsonPointer
{
    /// <exception cref="FormatException">It is not a pointer.</exception>
    public static string[] Parse(string pointer)
    {
        if (pointer.Length == 0) return [];
        if (pointer[0] != '/') throw new FormatException($"'{pointer}' is not a JSON pointer: it begins with '/'");
        return [.. pointer[1..].Split('/').Select(Unescape)];
    }

    /// <summary>The node there; throws when the way to it is missing.</summary>
    public static JsonNode? Walk(JsonNode? root, ReadOnlySpan<string> path)
    {
        var at = root;
        foreach (var step in path) at = Step(at, step);
        return at;
    }

    public static JsonNode? Step(JsonNode? at, string step) => at switch
    {
        JsonObject map => map.TryGetPropertyValue(step, out var value) ? value : throw new JsonPatchException($"there is no '{step}'"),
        JsonArray list => list[Index(step, list.Count - 1)],
        _ => throw new JsonPatchException($"'{step}' leads into a value that has no members"),
    };

    /// <summary>Digits without a leading zero, up to <paramref name="last"/>.</summary>
    public static int Index(string step, int last)
    {
        var plain = step.Length > 0 && step.All(char.IsAsciiDigit) && (step.Length == 1 || step[0] != '0');
        if (!plain || !int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > last)
            throw new JsonPatchException($"'{step}' is no index of the list");
        return index;
    }

    private static string Unescape(string step)
    {
        for (var i = 0; i < step.Length; i++)
        {
            if (step[i] == '~' && (i + 1 == step.Length || step[i + 1] is not ('0' or '1')))
                throw new FormatException($"'~' in '{step}' is neither ~0 nor ~1");
        }

        return step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }
}
