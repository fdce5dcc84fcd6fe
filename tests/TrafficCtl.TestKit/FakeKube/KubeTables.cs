using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.TestKit;

/// <summary>Objects as kubectl prints them: the printer columns of their definition, evaluated by the server.</summary>
internal static partial class KubeTables
{
    /// <summary>Whether the client asks for a table, and the version has columns to make one of.</summary>
    public static bool IsAsked(string accept, KubeVersion version) =>
        version.Columns is not null && accept.Contains("as=Table", StringComparison.Ordinal);

    /// <param name="of">The columns of the version.</param>
    /// <param name="metadata">The metadata of the list, or of the object.</param>
    /// <param name="rows">Whole objects.</param>
    /// <param name="now">Ages are told from it.</param>
    public static JsonObject Table(KubeVersion of, JsonNode? metadata, IEnumerable<JsonObject> rows, DateTimeOffset now) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = metadata?["resourceVersion"]?.DeepClone() },
        ["columnDefinitions"] = new JsonArray([Column("Name", "string", 0, "name"), .. of.Columns!.Select(c =>
            Column((string)c!["name"]!, (string)c["type"]!, (int?)c["priority"] ?? 0, ""))]),
        ["rows"] = new JsonArray([.. rows.Select(r => Row(of, r, now))]),
    };

    private static JsonObject Row(KubeVersion of, JsonObject what, DateTimeOffset now) => new()
    {
        ["cells"] = new JsonArray([
            what["metadata"]!["name"]!.DeepClone(), .. of.Columns!.Select(c => Cell(what, (string)c!["jsonPath"]!, (string)c["type"]!, now))
        ]),
        ["object"] = new JsonObject
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = what["metadata"]!.DeepClone(),
        },
    };

    private static JsonNode? Cell(JsonNode what, string path, string type, DateTimeOffset now)
    {
        if (Find(what, path) is not { } found) return type == "date" ? "<unknown>" : "";
        if (type != "date") return found.DeepClone();
        var age = now - DateTimeOffset.Parse((string)found!, CultureInfo.InvariantCulture);
        return age switch
        {
            { TotalMinutes: < 2 } => $"{age.TotalSeconds:0}s",
            { TotalHours: < 3 } => $"{(int)age.TotalMinutes}m",
            { TotalDays: < 2 } => $"{(int)age.TotalHours}h",
            _ => $"{(int)age.TotalDays}d",
        };
    }

    /// <summary>Members and <c>[?(@.type=="X")]</c>, which is what columns are made of.</summary>
    private static JsonNode? Find(JsonNode? at, string path)
    {
        foreach (Match part in Parts().Matches(path))
        {
            at = part.Groups["member"] is { Success: true } member
                ? at?[member.Value]
                : (at as JsonArray)?.FirstOrDefault(e => (string?)e?[part.Groups["key"].Value] == part.Groups["value"].Value);
        }

        return at;
    }

    private static JsonObject Column(string name, string type, int priority, string format) => new()
    {
        ["name"] = name,
        ["type"] = type,
        ["format"] = format,
        ["description"] = "",
        ["priority"] = priority,
    };

    [GeneratedRegex(
        """\.(?<member>[A-Za-z]+)|\[\?\(@\.(?<key>\w+)\s*==\s*["'](?<value>[^"']*)["']\)\]""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parts();
}
