using System.Collections.Immutable;

namespace TrafficCtl.Core.Judging;

/// <summary>One finding per signal, each a sentence with its numbers.</summary>
internal static class Findings
{
    /// <param name="margin">Index into <see cref="Margins.Multipliers"/>.</param>
    public static ImmutableArray<Finding> Of(Evidence evidence, int margin) => evidence.Mode switch
    {
        ComparedWith.Past => [OfPastErrors(evidence), .. evidence.Latency.Select((l, i) => OfPastLatency(evidence, l, i + 2))],
        _ => [.. OfRates(evidence, margin, evidence.Errors.Ratio), .. evidence.Latency.Select((l, i) => OfLatency(evidence, l, i + 2, margin))],
    };

    public static string NameOf(Evidence evidence, Failure failure) => failure.Signal switch
    {
        0 => "errors",
        1 => "guard",
        var i => evidence.Latency[i - 2].Level.Name,
    } + (failure.IsHistorical ? " (historical)" : "");

    private static Finding[] OfRates(Evidence evidence, int margin, RatioInterval ratio) =>
        [OfErrors(evidence, margin, ratio), OfGuard(evidence, ratio)];

    private static Finding OfErrors(Evidence evidence, int margin, RatioInterval ratio)
    {
        var errors = evidence.Errors;
        var shown = errors.NonInferiority[margin];
        var (verdict, logE, bound) = Decide(evidence, 0, errors.Harm, evidence.Weighting.Errors, shown);
        var (stable, candidate) = Samples(errors.Seen);
        var interval = double.IsNaN(ratio.Estimate)
            ? ""
            : $" (× {Words.Ratio(ratio.Estimate)}, 95 % interval {Words.Ratio(ratio.Low)} to {Words.Ratio(ratio.High)})";
        var text = $"candidate errors {Words.Of(candidate)} against {Words.Of(stable)}{Where(evidence)}{interval}; "
            + Proof(verdict, logE, bound, evidence, $"× {Words.Ratio(shown.Rho)} + {Words.Points(shown.Delta)}");
        return new Finding("errors", verdict, ratio.Estimate, ratio.Low, ratio.High, logE, bound, stable, candidate, text);
    }

    private static Finding OfGuard(Evidence evidence, RatioInterval ratio)
    {
        var errors = evidence.Errors;
        var (verdict, logE, bound) = Decide(evidence, 1, errors.Guard, evidence.Weighting.Guard, null);
        var (stable, candidate) = Samples(errors.Seen);
        var text = $"candidate errors {Words.Of(candidate)} against {Words.Of(stable)}{Where(evidence)}; more than × 3 + 1 pp: "
            + $"evidence {Words.E(logE)} of {Words.E(bound)}";
        return new Finding("guard", verdict, ratio.Estimate, ratio.Low, ratio.High, logE, bound, stable, candidate, text);
    }

    private static Finding OfLatency(Evidence evidence, LatencySignal level, int index, int margin)
    {
        var shown = level.NonInferiority.Length > 0 ? level.NonInferiority[margin] : null;
        var (verdict, logE, bound) = Decide(evidence, index, level.Harm, evidence.Weighting.Latency * level.Level.Share, shown);
        var (stable, candidate) = Samples(level.Seen);
        var (ratio, quantiles) = Quantile(evidence, level.Level);
        var slower = level.Boundary is { } u
            ? $"{quantiles}; slower than {Words.Seconds(u.Seconds(evidence.Past.Layout, level.HarmShift))}: {Words.Of(candidate)} against {Words.Of(stable)} "
              + $"slower than {Words.Seconds(u.Seconds(evidence.Past.Layout, 0))}{Where(evidence)}; "
            : $"{quantiles}; not compared yet; ";
        var text = slower + Proof(verdict, logE, bound, evidence, shown is null ? null : Words.Shift(evidence.Past.Layout, level.Shift(margin)));
        return new Finding(level.Level.Name, verdict, ratio, double.NaN, double.NaN, logE, bound, stable, candidate, text);
    }

    private static Finding OfPastErrors(Evidence evidence)
    {
        var (historical, past) = (evidence.Errors.Historical, evidence.Past);
        var (verdict, logE, bound) = DecidePast(evidence, 0, historical, evidence.Weighting.HistoricalErrors);
        var stable = new Sample(past.Failures, past.Requests);
        var text = $"candidate errors {Words.Of(historical.Seen)} against {Words.Of(stable)} of stable's past, at most "
            + $"{Words.Percent(evidence.Errors.Limit(past))}; evidence of harm {Words.E(logE)} of {Words.E(bound)}";
        var ratio = stable.Rate > 0 && historical.Seen.Requests > 0 ? historical.Seen.Rate / stable.Rate : double.NaN;
        return new Finding(
            "errors (historical)", verdict, ratio, double.NaN, double.NaN, logE, bound, stable, historical.Seen, text);
    }

    private static Finding OfPastLatency(Evidence evidence, LatencySignal level, int index)
    {
        var (historical, past) = (level.Historical, evidence.Past);
        var (verdict, logE, bound) = DecidePast(evidence, index, historical, evidence.Weighting.Latency * level.Level.Share);
        var stable = level.Boundary is { } drawn ? new Sample(drawn.Count(past, 0), past.LatencyTotal) : default;
        var (ratio, quantiles) = Quantile(evidence, level.Level);
        var slower = level.Boundary is { } u
            ? $"slower than {Words.Seconds(u.Seconds(evidence.Past.Layout, level.HistoricalShift))}: {Words.Of(historical.Seen)}, at most "
              + $"{Words.Percent(level.Limit(past))}; "
            : "not compared yet; ";
        var text = $"{quantiles}; {slower}evidence of harm {Words.E(logE)} of {Words.E(bound)}";
        return new Finding(
            level.Level.Name + " (historical)", verdict, ratio, double.NaN, double.NaN, logE, bound, stable, historical.Seen, text);
    }

    /// <summary>Of one signal alone: harm when it fails, otherwise how far it is shown to be no worse.</summary>
    private static (Verdict Verdict, double LogE, double Bound) Decide(
        Evidence evidence, int signal, PairE harm, double weight, PairE? shown)
    {
        var harmBound = evidence.FailBound - Math.Log(weight);
        var isBlamed = evidence.Failure is { IsHistorical: false } failure && failure.Signal == signal;
        if (isBlamed || (evidence.Failure is not null && harm.LogE >= harmBound)) return (Verdict.Fail, harm.LogE, harmBound);
        if (shown is null || evidence.Mode != ComparedWith.Stable) return (Verdict.Unsure, harm.LogE, harmBound);
        var bound = -Math.Log(evidence.Analysis.AlphaNonInferiority);
        return (shown.LogE >= bound ? Verdict.Pass : Verdict.Unsure, shown.LogE, bound);
    }

    private static (Verdict Verdict, double LogE, double Bound) DecidePast(Evidence evidence, int signal, HistoricalE harm, double weight)
    {
        var bound = evidence.FailBound - Math.Log(weight);
        var isBlamed = evidence.Failure is { IsHistorical: true } failure && failure.Signal == signal;
        return (isBlamed ? Verdict.Fail : Verdict.Unsure, harm.LogE, bound);
    }

    private static string Proof(Verdict verdict, double logE, double bound, Evidence evidence, string? margin) => (verdict, margin) switch
    {
        (Verdict.Fail, _) => $"evidence of harm {Words.E(logE)} of {Words.E(bound)}",
        (_, null) => $"watched for harm: evidence {Words.E(logE)} of {Words.E(bound)}",
        _ when evidence.Mode != ComparedWith.Stable => $"watched for harm only: evidence {Words.E(logE)} of {Words.E(bound)}",
        (Verdict.Pass, _) => $"shown to be no worse by {margin}: evidence {Words.E(logE)} of {Words.E(bound)}",
        _ => $"not yet shown to be no worse by {margin}: evidence {Words.E(logE)} of {Words.E(bound)}",
    };

    private static string Where(Evidence evidence) =>
        evidence.Mode == ComparedWith.Outside ? " of stable's users outside the cohort" : "";

    private static (Sample Stable, Sample Candidate) Samples(in PairCounts seen) =>
        (new Sample(seen.StableX, seen.StableN), new Sample(seen.CandidateX, seen.CandidateN));

    private static (double Ratio, string Text) Quantile(Evidence evidence, LatencyLevel level)
    {
        var (candidate, stable) = (Quantiles.Of(evidence.CandidateLatency, level.Quantile), evidence.Past.Quantile(level.Quantile));
        var name = level.Name["latency ".Length..];
        if (double.IsNaN(candidate) || double.IsNaN(stable)) return (double.NaN, $"candidate {name} unknown");
        var ratio = double.IsFinite(candidate) && double.IsFinite(stable) ? candidate / stable : double.NaN;
        return (ratio, $"candidate {name} {Words.Seconds(candidate)} against {Words.Seconds(stable)}");
    }
}
