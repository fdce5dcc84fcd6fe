using System.Text.Json;
using System.Text.Json.Serialization;

namespace TrafficCtl.Cli.Demo;

/// <summary>What users got so far: one JSON line of the load generator, cumulative.</summary>
/// <param name="Sent">Requests sent on schedule.</param>
/// <param name="Shed">Due, but not sent because too many were open: the machine cannot keep up.</param>
/// <param name="V1">Answers of v1.</param>
/// <param name="V2">Answers of v2, and failures that no upstream answered: only v2 is ever taken away.</param>
/// <param name="BadV1">Of <paramref name="V1"/>, those that carried a fault.</param>
/// <param name="BadV2">Of <paramref name="V2"/>, those that carried a fault.</param>
/// <param name="FirstBadV2">When the first of them came; null before.</param>
internal sealed record LoadReport(long Sent, long Shed, long V1, long V2, long BadV1, long BadV2, DateTimeOffset? FirstBadV2)
{
    public static readonly LoadReport Nothing = new(0, 0, 0, 0, 0, 0, null);

    public string ToJson() => JsonSerializer.Serialize(this, DemoJson.Default.LoadReport);

    public static LoadReport? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, DemoJson.Default.LoadReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(Summary))]
internal sealed partial class DemoJson : JsonSerializerContext;
