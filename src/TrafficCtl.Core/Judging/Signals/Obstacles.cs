using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// What prevents a pass although non-inferiority is shown. Each obstacle is an unknown or a suspicion, so the rollout holds.
/// </summary>
internal static class Obstacles
{
    private static readonly double LogCaution = Math.Log(Verdicts.Caution);

    /// <summary>ln of the combined e-value from which on the advisory signals hold the rollout.</summary>
    public static readonly double LogAdvisory = Math.Log(Verdicts.Advisory);

    /// <summary>Whether there is an obstacle; allocates nothing.</summary>
    public static bool Stand(Evidence evidence) =>
        evidence.Mode != ComparedWith.Stable
        || evidence.Silent >= Evidence.SilentTicks
        || evidence.Traffic.IsInvalid
        || !(evidence.LogE(historical: false, evidence.Critical) < LogCaution)
        || !(evidence.LogE(historical: false, evidence.Advisory) < LogAdvisory)
        || evidence.HotUser.Holds
        || evidence.HotClient.Holds
        || evidence.Size.IsMuchFaster
        || Leaking(evidence) is not null;

    /// <summary>
    /// The advisory signal with the largest part of the evidence; null when the advisory signals do not hold the rollout.
    /// </summary>
    public static Signal? Holding(Evidence evidence, bool historical)
    {
        if (evidence.LogE(historical, evidence.Advisory) < LogAdvisory) return null;
        Signal? holding = null;
        foreach (var i in evidence.Advisory)
        {
            var signal = evidence.Signals[i];
            if (holding is null || Evidence.Term(signal, historical) > Evidence.Term(holding, historical)) holding = signal;
        }

        return holding;
    }

    /// <summary>The most important obstacle as text; null when there is none.</summary>
    /// <param name="evidence">What was seen.</param>
    /// <param name="findings">The findings of the same evidence.</param>
    public static string? Of(Evidence evidence, ImmutableArray<Finding> findings)
    {
        if (evidence.Mode == ComparedWith.Nothing) return "no data: nothing was measured yet";
        if (evidence.Silent >= Evidence.SilentTicks) return $"no data: {evidence.Silent} looks in a row without requests on both arms";

        var past = evidence.Mode == ComparedWith.Past;
        var measured = evidence.LogE(past, evidence.Critical);
        var counts = evidence.FailLogE(past);
        var bound = NumberText.LogEvidence(evidence.FailBound);
        if (counts >= evidence.FailBound)
        {
            return $"evidence of harm {NumberText.LogEvidence(counts)} reached {bound}, but only {FailingUsers(evidence, past)} of the "
                + "candidate's users fail; "
                + $"{Evidence.LeastUsers} are needed to go back";
        }

        if (measured >= evidence.FailBound)
        {
            return evidence.FindNoise() is { } noise
                ? $"evidence of harm {NumberText.LogEvidence(measured)} reached {bound}, but {noise.Name} of stable's own instances "
                    + "differ among themselves by as much; "
                  + "widen worse-by, run more instances, or find out why they differ"
                : $"evidence of harm {NumberText.LogEvidence(measured)} reached {bound}, but stable's own instances earned as much under "
                    + $"the same test: {NumberText.LogEvidence(counts)} is left";
        }

        if (evidence.Traffic.IsInvalid)
            return $"the analysis is invalid: {evidence.Traffic.Text}; look at the routing, and for measurements that are lost";
        if (Holding(evidence, past) is { } holding)
        {
            var name = holding.Name + (past ? Proof.PastSuffix : "");
            var text = findings.FirstOrDefault(f => string.Equals(f.Signal, name, StringComparison.Ordinal))?.Text;
            var route = evidence.RouteWords(holding);
            return $"advisory signal worse: {name}: combined evidence {NumberText.LogEvidence(evidence.LogE(past, evidence.Advisory))} "
                + $"reached {Verdicts.Advisory}; "
                + $"it holds, it does not roll back{(text is null ? "" : $"; {text}")}{(route is null ? "" : $"; {route}")}";
        }

        foreach (var hot in (ReadOnlySpan<HotUser>)[evidence.HotUser, evidence.HotClient])
            if (hot.Holds) return $"advisory signal worse: {hot.Signal}: {hot.Text}; it holds, it does not roll back";
        if (evidence.Size.IsMuchFaster)
            return $"advisory signal worse: {evidence.Size.Name}: {evidence.Size.FasterText}; it holds, it does not roll back";
        if (Leaking(evidence) is { } leaking)
            return $"{leaking.Name} of the candidate grows towards its limit and may be there within a day; it holds, it does not roll "
                + "back";
        if (!(measured < LogCaution))
            return $"evidence of harm {NumberText.LogEvidence(measured)} of {bound} stands against a step; it must fall below "
                + $"{Verdicts.Caution}";
        return evidence.Mode switch
        {
            ComparedWith.Outside =>
                $"compared with users outside the cohort for harm only: evidence {NumberText.LogEvidence(measured)} of {bound}",
            ComparedWith.Copied => $"compared on copies of requests for harm only: evidence {NumberText.LogEvidence(measured)} of {bound}",
            ComparedWith.Past =>
                $"compared with stable's past for harm only (historical): evidence {NumberText.LogEvidence(measured)} of {bound}",
            _ => null,
        };
    }

    private static long FailingUsers(Evidence evidence, bool historical) =>
        evidence.Signals[evidence.Blame(historical)].FailingUsers(evidence.CandidateUsers);

    private static MetricSignal? Leaking(Evidence evidence)
    {
        foreach (var signal in evidence.Signals)
            if (signal is MetricSignal { IsLeaking: true } metric) return metric;
        return null;
    }
}
