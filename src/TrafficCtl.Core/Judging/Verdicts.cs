using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Judging;

/// <summary>Puts the signals together: fail wins, pass needs every critical signal, neither is unsure.</summary>
internal static class Verdicts
{
    /// <summary>Nothing passes while the evidence of harm stands this high.</summary>
    public const double Caution = 5;

    /// <summary>Advisory signals hold at this evidence.</summary>
    public const double Advisory = 20;

    private const double MostE = 1e300;

    public static Judgement Of(Evidence evidence, Weights next)
    {
        var margin = Margins.For(next);
        var historical = evidence.Mode == ComparedWith.Past;
        var logE = evidence.LogE(historical, critical: true);
        var advisory = evidence.LogE(historical, critical: false);
        var findings = Findings.Of(evidence, margin);
        var bound = 1 / evidence.Analysis.Alpha;

        if (evidence.Failure is { } failure)
        {
            var blame = Findings.NameOf(evidence, failure);
            var text = findings.FirstOrDefault(f => string.Equals(f.Signal, blame, StringComparison.Ordinal))?.Text;
            var reason = $"{blame} worse than the tolerance: combined evidence {Words.E(failure.LogE)} reached {Words.E(evidence.FailBound)}"
                + (text is null ? "" : $"; {text}");
            return new Judgement(Verdict.Fail, Value(Math.Max(failure.LogE, logE)), bound, blame, findings, reason, null);
        }

        var (verdict, why) = Decide(evidence, next, margin, logE, advisory, findings);
        var forecast = verdict == Verdict.Unsure && logE < Math.Log(Caution) && advisory < Math.Log(Advisory)
            && evidence.Silent < Evidence.SilentTicks ? Forecasts.Of(evidence, margin) : null;
        return new Judgement(verdict, Value(logE), bound, null, findings, why, forecast);
    }

    /// <summary>The verdict alone.</summary>
    public static Verdict Quick(Evidence evidence, int margin)
    {
        if (evidence.Failure is not null) return Verdict.Fail;
        if (evidence.Mode != ComparedWith.Stable || evidence.Silent >= Evidence.SilentTicks) return Verdict.Unsure;
        if (evidence.LogE(historical: false, critical: true) >= Math.Log(Caution)) return Verdict.Unsure;
        if (evidence.LogE(historical: false, critical: false) >= Math.Log(Advisory)) return Verdict.Unsure;
        return evidence.IsShown(margin) ? Verdict.Pass : Verdict.Unsure;
    }

    private static (Verdict Verdict, string Why) Decide(
        Evidence evidence, Weights next, int margin, double logE, double advisory, IEnumerable<Finding> findings)
    {
        if (evidence.Mode == ComparedWith.Nothing) return (Verdict.Unsure, "no data: nothing was measured yet");
        if (evidence.Silent >= Evidence.SilentTicks) return (Verdict.Unsure, $"no data: {evidence.Silent} looks in a row without requests on both arms");
        if (logE >= evidence.FailBound)
        {
            return (Verdict.Unsure, $"evidence of harm {Words.E(logE)} reached {Words.E(evidence.FailBound)}, but only "
                + $"{evidence.CandidateUsers.Failing} of the candidate's users fail; {Evidence.LeastUsers} are needed to go back");
        }

        if (advisory >= Math.Log(Advisory)) return (Verdict.Unsure, $"advisory signal worse: evidence {Words.E(advisory)} of {Advisory}; it holds, it does not roll back");
        if (logE >= Math.Log(Caution)) return (Verdict.Unsure, $"evidence of harm {Words.E(logE)} of {Words.E(evidence.FailBound)} stands against a step; it must fall below {Caution}");
        if (evidence.Mode == ComparedWith.Outside) return (Verdict.Unsure, $"compared with users outside the cohort for harm only: evidence {Words.E(logE)} of {Words.E(evidence.FailBound)}");
        if (evidence.Mode == ComparedWith.Past) return (Verdict.Unsure, $"compared with stable's past for harm only (historical): evidence {Words.E(logE)} of {Words.E(evidence.FailBound)}");

        var shown = string.Join(", ", Shown(evidence, margin));
        var bound = Words.E(-Math.Log(evidence.Analysis.AlphaNonInferiority));
        return evidence.IsShown(margin)
            ? (Verdict.Pass, $"shown to be good enough for {next} (margin × {Margins.Multipliers[margin]}): {shown}, each at least {bound}")
            : (Verdict.Unsure, $"not yet shown to be good enough for {next} (margin × {Margins.Multipliers[margin]}): {shown}, each of {bound}{Warming(evidence)}");
    }

    private static IEnumerable<string> Shown(Evidence evidence, int margin)
    {
        if (evidence.Needs(evidence.Weighting.ErrorsCritical)) yield return $"errors {Words.E(evidence.Errors.NonInferiority[margin].LogE)}";
        if (!evidence.Needs(evidence.Weighting.LatencyCritical)) yield break;
        foreach (var level in evidence.Latency)
            if (level.NonInferiority.Length > 0) yield return $"{level.Level.Name} {Words.E(level.NonInferiority[margin].LogE)}";
    }

    private static string Warming(Evidence evidence)
    {
        var left = Math.Max(evidence.Analysis.ErrorWarmUp.TotalSeconds, evidence.Analysis.LatencyWarmUp.TotalSeconds) - evidence.Elapsed;
        return left > 0 ? $"; warm-up {left:0.#} s more" : "";
    }

    private static double Value(double logE) => Math.Min(Math.Exp(logE), MostE);
}
