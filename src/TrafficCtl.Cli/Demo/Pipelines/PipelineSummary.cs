using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>What a demonstration of a pipeline came to: one JSON line.</summary>
/// <param name="Outcome"><c>delivered</c>, <c>wrong</c>, <c>unfinished</c>.</param>
/// <param name="Acts">In their order, those that were over.</param>
/// <param name="Requests">Of users, in staging and prod.</param>
/// <param name="BadResponses">Errors that users got.</param>
/// <param name="Seconds">From the first release to the outcome.</param>
/// <param name="Why">What was wrong, or what it waited for; empty when it was delivered.</param>
/// <param name="Kept">The directory with the log and the data; null when it was removed.</param>
internal sealed record PipelineSummary(
    bool Fast, string Outcome, ActSummary[] Acts, long Requests, long BadResponses, double Seconds, string Why, string? Kept = null)
{
    public const string Delivered = "delivered", Wrong = "wrong", Unfinished = "unfinished";

    private const string Story =
        "v2 failed its test, v3 failed its users in staging and was closed to prod, v4 is approved and serves all of prod";

    public bool IsRight => Outcome == Delivered;

    public string ToJson() => JsonSerializer.Serialize(this, PipelineSummaryJson.Default.PipelineSummary);

    public IEnumerable<string> ToLines()
    {
        yield return $"{Outcome} after {PrintedUnits.Span(TimeSpan.FromSeconds(Math.Round(Seconds)))}: {(IsRight ? Story : Why)}";
        yield return $"{PrintedUnits.Count(Requests)} requests of users, {PrintedUnits.Count(BadResponses)} of them bad";
        if (Kept is not null) yield return $"the log, the delivery file and the data are kept in {Kept}";
    }
}

internal sealed record ActSummary(string Name, double Seconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(PipelineSummary))]
internal sealed partial class PipelineSummaryJson : JsonSerializerContext;
