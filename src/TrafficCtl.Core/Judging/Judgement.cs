using System.Collections.Immutable;

namespace TrafficCtl.Core.Judging;

/// <summary>One signal's part of a judgement, with the numbers that decided it.</summary>
/// <param name="Signal">
/// <c>errors</c>, <c>guard</c>, <c>latency p50</c>, <c>latency p90</c>, <c>latency p99</c>, and where they are told <c>client errors</c>,
/// <c>client guard</c>, <c>response size</c>; with suffix <c> (historical)</c> against a frozen baseline.
/// </param>
/// <param name="Verdict">The verdict of this signal alone.</param>
/// <param name="Estimate">The ratio of candidate to stable, of error rates or of the quantile; NaN when there is none yet.</param>
/// <param name="Low">Lower end of the reporting interval of the same ratio; NaN when there is none.</param>
/// <param name="High">Upper end; NaN when there is none.</param>
/// <param name="Evidence">ln of the e-value that decides: of harm when it fails, of non-inferiority otherwise.</param>
/// <param name="Bound">ln of what <paramref name="Evidence"/> must reach.</param>
/// <param name="Stable">Failures (or slow requests) and requests of stable during this rollout.</param>
/// <param name="Candidate">The same of the candidate.</param>
/// <param name="Text">One sentence for a reader, with its numbers.</param>
public sealed record Finding(
    string Signal, Verdict Verdict, double Estimate, double Low, double High, double Evidence, double Bound,
    Sample Stable, Sample Candidate, string Text);

/// <summary>A number of events (failures or slow requests) among a number of requests.</summary>
public readonly record struct Sample(double Events, double Requests)
{
    public double Rate => Requests > 0 ? Events / Requests : 0;
}

/// <summary>The judge's answer for one next weight. It is valid for that step only and is not stored.</summary>
/// <param name="Verdict">Fail if the evidence of harm reached its bound; else pass if every needed signal passes; else unsure.</param>
/// <param name="Evidence">The combined e-value of harm, E.</param>
/// <param name="Bound">1/alpha, which E must reach to fail.</param>
/// <param name="Blame">The signal that carries most of the evidence; null unless it fails.</param>
/// <param name="Findings">One per signal.</param>
/// <param name="Reason">One sentence with the numbers that decided.</param>
/// <param name="Forecast">Expected time to a pass at this traffic; null when the verdict is final or no forecast is possible.</param>
public sealed record Judgement(
    Verdict Verdict, double Evidence, double Bound, string? Blame, ImmutableArray<Finding> Findings, string Reason, TimeSpan? Forecast)
{
    /// <summary>
    /// When copies of requests are compared: a signal that so far lies beyond its margin, proven or not; null when none does.
    /// </summary>
    public string? Beyond { get; init; }
}
