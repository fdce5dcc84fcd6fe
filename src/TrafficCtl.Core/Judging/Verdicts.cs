using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Judging;

/// <summary>
/// Combines the signals into one verdict: fail when the combined evidence of harm has reached its bound; otherwise pass when every needed
/// signal is shown to be no worse and no obstacle remains; otherwise unsure.
/// </summary>
internal static class Verdicts
{
    /// <summary>The combined e-value of harm from which on nothing passes.</summary>
    public const double Caution = 5;

    /// <summary>The combined e-value from which on the advisory signals hold the rollout.</summary>
    public const double Advisory = 20;

    /// <summary>The largest e-value that is reported, so that it is a finite number.</summary>
    private const double MostE = 1e300;

    public static Judgement Of(Evidence evidence, Weights next)
    {
        var margin = Margins.For(next);
        var findings = Findings.Of(evidence, margin);
        var bound = 1 / evidence.Analysis.Alpha;
        var logE = evidence.FailLogE(evidence.Mode == ComparedWith.Past);

        if (evidence.Failure is { } failure)
        {
            var blame = Findings.NameOf(evidence, failure);
            var text = findings.FirstOrDefault(f => string.Equals(f.Signal, blame, StringComparison.Ordinal))?.Text;
            var reason = $"{blame} worse than the tolerance: combined evidence {NumberText.LogEvidence(failure.LogE)} reached "
                + $"{NumberText.LogEvidence(evidence.FailBound)}"
                + (text is null ? "" : $"; {text}") + RouteWords(evidence, failure);
            return new Judgement(Verdict.Fail, Value(Math.Max(failure.LogE, logE)), bound, blame, findings, reason, null);
        }

        var obstacle = Obstacles.Of(evidence, findings);
        if (obstacle is null && evidence.IsShown(margin))
            return new Judgement(
                Verdict.Pass, Value(logE), bound, null, findings,
                $"shown to be good enough for {Shown(evidence, next, margin)}, each at least {Needed(evidence)}", null);
        var forecast = obstacle is null ? Forecasts.Of(evidence, margin) : null;
        var why = obstacle
            ?? $"not yet shown to be good enough for {Missing(evidence, next, margin)}{Warming(evidence)}{Needing(forecast)}";
        return new Judgement(Verdict.Unsure, Value(logE), bound, null, findings, why, forecast) { Beyond = Beyond(evidence, margin) };
    }

    /// <summary>The verdict of <see cref="Of"/> without findings and texts; allocates nothing.</summary>
    public static Verdict Quick(Evidence evidence, int margin) =>
        evidence.Failure is not null ? Verdict.Fail
        : !Obstacles.Stand(evidence) && evidence.IsShown(margin) ? Verdict.Pass
        : Verdict.Unsure;

    private static string Shown(Evidence evidence, Weights next, int margin) =>
        $"{next} (margin × {Margins.Multipliers[margin]}): "
        + string.Join(", ", evidence.Signals.Where(evidence.Needs).Select(s => $"{s.Name} {NumberText.LogEvidence(s.ShownLogE(margin))}"));

    /// <summary>The signals that are not yet shown to be no worse, each with its evidence so far.</summary>
    private static string Missing(Evidence evidence, Weights next, int margin) =>
        $"{next} (margin × {Margins.Multipliers[margin]}): "
        + string.Join(", ", evidence.Signals
            .Where(s => evidence.IsMissing(s, margin))
            .Select(s => $"{s.Name} {NumberText.LogEvidence(s.ShownLogE(margin))} of {Needed(evidence)}"));

    /// <summary>When only copies of requests are compared: a needed signal that is now beyond its margin; null when none is.</summary>
    private static string? Beyond(Evidence evidence, int margin)
    {
        if (evidence.Mode != ComparedWith.Copied) return null;
        foreach (var signal in evidence.Signals)
            if (evidence.Needs(signal) && signal.IsBeyond(evidence, margin)) return signal.Name;
        return null;
    }

    /// <summary>A signal of all requests may be worse for one route's sake.</summary>
    private static string RouteWords(Evidence evidence, LastingFailure failure) =>
        !failure.IsHistorical && evidence.RouteWords(evidence.Signals[failure.Signal]) is { } words ? $"; {words}" : "";

    private static string Needed(Evidence evidence) => NumberText.LogEvidence(-Math.Log(evidence.Analysis.AlphaNonInferiority));

    private static string Warming(Evidence evidence)
    {
        var left = Math.Max(evidence.Analysis.ErrorWarmUp.TotalSeconds, evidence.Analysis.LatencyWarmUp.TotalSeconds) - evidence.Elapsed;
        return left > 0 ? $"; warm-up {DurationText.Left(TimeSpan.FromSeconds(left))} more" : "";
    }

    private static string Needing(TimeSpan? forecast) =>
        forecast is { } time ? $"; if it is as good as stable, about {DurationText.About(time)} more at this traffic" : "";

    private static double Value(double logE) => Math.Min(Math.Exp(logE), MostE);
}
