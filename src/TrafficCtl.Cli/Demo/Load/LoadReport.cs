using System.Text.Json;
using System.Text.Json.Serialization;

namespace TrafficCtl.Cli.Demo.Load;

/// <summary>What users got so far in this phase: one JSON line of the load generator, cumulative.</summary>
/// <param name="Sent">Requests sent on schedule.</param>
/// <param name="Shed">Due, but not sent because too many were open: the machine cannot keep up.</param>
/// <param name="V1">Answers of v1.</param>
/// <param name="V2">Answers of v2, and failures that no upstream answered: only v2 is ever taken away.</param>
/// <param name="BadV1">How many of <paramref name="V1"/> carried a fault.</param>
/// <param name="BadV2">How many of <paramref name="V2"/> carried a fault.</param>
/// <param name="FirstBadV2">When the first of them came; null before.</param>
/// <param name="LateV1">How many of <paramref name="V1"/> came over <see cref="LateBeyond"/> later than the upstream meant.</param>
/// <param name="LateV2">The same of v2.</param>
/// <param name="Open">Sent and not answered yet.</param>
internal sealed record LoadReport(
    long Sent, long Shed, long V1, long V2, long BadV1, long BadV2, DateTimeOffset? FirstBadV2,
    long LateV1 = 0, long LateV2 = 0, long Open = 0)
{
    public static readonly LoadReport Nothing = new(0, 0, 0, 0, 0, 0, null);

    /// <summary>A quarter of the upstreams' median: less is lost in the versions' own spread.</summary>
    public static readonly TimeSpan LateBeyond = TimeSpan.FromMilliseconds(50);

    public long Answers => V1 + V2;

    public long Late => LateV1 + LateV2;

    /// <summary>In [0, 1].</summary>
    public double LateShare => Answers > 0 ? (double)Late / Answers : 0;

    public string ToJson() => JsonSerializer.Serialize(this, LoadJson.Default.LoadReport);

    public static LoadReport? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, LoadJson.Default.LoadReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadJson : JsonSerializerContext;
