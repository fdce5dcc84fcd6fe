using System.Collections.Immutable;

namespace TrafficCtl.Core.Judging;

/// <summary>One signal's part of a judgement, with the numbers that decided it.</summary>
/// <param name="Signal">
/// <c>errors</c>, <c>guard</c>, <c>latency p50</c>, <c>latency p90</c>, <c>latency p99</c>; with suffix <c> (historical)</c> against a
/// frozen baseline.
/// </param>
/// <param name="Verdict">This signal alone.</param>
/// <param name="Estimate">Candidate over stable, a ratio: of error rates, or of the quantile; NaN when there is none yet.</param>
/// <param name="Low">Lower end of the reporting interval of the same ratio; NaN when there is none.</param>
/// <param name="High">Upper end; NaN when there is none.</param>
/// <param name="Evidence">ln of the e-value that decides: of harm when it fails, of non-inferiority otherwise.</param>
/// <param name="Bound">ln of what <paramref name="Evidence"/> must reach.</param>
/// <param name="Stable">Failures (or slow requests) and requests of stable in this rollout.</param>
/// <param name="Candidate">The same of the candidate.</param>
/// <param name="Text">One sentence for a reader, with its numbers.</param>
public sealed record Finding(
    string Signal, Verdict Verdict, double Estimate, double Low, double High, double Evidence, double Bound,
    Sample Stable, Sample Candidate, string Text);

/// <summary>x of n.</summary>
public readonly record struct Sample(double Events, double Requests)
{
    public double Rate => Requests > 0 ? Events / Requests : 0;
}

/// <summary>The judge's word on moving to one next weight; it allows that one step and is not remembered.</summary>
/// <param name="Verdict">Fail wins; pass needs every critical signal; neither is unsure.</param>
/// <param name="Evidence">The combined e-value of harm, E.</param>
/// <param name="Bound">1/alpha, which E must reach to fail.</param>
/// <param name="Blame">The signal that carries most of the evidence; null unless it fails.</param>
/// <param name="Findings">One per signal.</param>
/// <param name="Reason">One sentence with the numbers that decided.</param>
/// <param name="Forecast">Expected time until it knows, at this traffic; null when it knows or cannot say.</param>
public sealed record Judgement(
    Verdict Verdict, double Evidence, double Bound, string? Blame, ImmutableArray<Finding> Findings, string Reason, TimeSpan? Forecast)
{
    /// <summary>
    /// Of copies of requests: a signal that lies beyond its margin by what was seen so far, proven or not; null when none does.
    /// </summary>
    public string? Beyond { get; init; }
}
