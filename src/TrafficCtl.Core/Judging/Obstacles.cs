namespace TrafficCtl.Core.Judging;

/// <summary>What stands against a pass, whatever is shown: each is unknown or suspicion, and so holds.</summary>
internal static class Obstacles
{
    private static readonly double LogCaution = Math.Log(Verdicts.Caution);
    private static readonly double LogAdvisory = Math.Log(Verdicts.Advisory);

    /// <summary>Without words, and without allocating.</summary>
    public static bool Stand(Evidence evidence) =>
        evidence.Mode != ComparedWith.Stable
        || evidence.Silent >= Evidence.SilentTicks
        || evidence.Traffic.IsInvalid
        || !(evidence.LogE(historical: false, evidence.Critical) < LogCaution)
        || !(evidence.LogE(historical: false, evidence.Advisory) < LogAdvisory)
        || Leaking(evidence) is not null;

    /// <summary>The most urgent one in words; null when the way is free.</summary>
    public static string? Of(Evidence evidence)
    {
        if (evidence.Mode == ComparedWith.Nothing) return "no data: nothing was measured yet";
        if (evidence.Silent >= Evidence.SilentTicks) return $"no data: {evidence.Silent} looks in a row without requests on both arms";

        var past = evidence.Mode == ComparedWith.Past;
        var measured = evidence.LogE(past, evidence.Critical);
        var counts = evidence.FailLogE(past);
        var bound = Words.E(evidence.FailBound);
        if (counts >= evidence.FailBound)
        {
            return $"evidence of harm {Words.E(counts)} reached {bound}, but only {evidence.CandidateUsers.Failing} of the candidate's users fail; "
                + $"{Evidence.LeastUsers} are needed to go back";
        }

        if (measured >= evidence.FailBound)
        {
            return evidence.FindNoise() is { } noise
                ? $"evidence of harm {Words.E(measured)} reached {bound}, but {noise.Name} of stable's own instances differ among themselves by as much; "
                  + "widen worse-by, run more instances, or find out why they differ"
                : $"evidence of harm {Words.E(measured)} reached {bound}, but stable's own instances earned as much under the same test: {Words.E(counts)} is left";
        }

        if (evidence.Traffic.IsInvalid) return $"the analysis is invalid: {evidence.Traffic.Text}; look at the routing, and for measurements that are lost";
        var advisory = evidence.LogE(past, evidence.Advisory);
        if (!(advisory < LogAdvisory)) return $"advisory signal worse: evidence {Words.E(advisory)} of {Verdicts.Advisory}; it holds, it does not roll back";
        if (Leaking(evidence) is { } leaking) return $"{leaking.Name} of the candidate grows towards its limit and may be there within a day; it holds, it does not roll back";
        if (!(measured < LogCaution)) return $"evidence of harm {Words.E(measured)} of {bound} stands against a step; it must fall below {Verdicts.Caution}";
        return evidence.Mode switch
        {
            ComparedWith.Outside => $"compared with users outside the cohort for harm only: evidence {Words.E(measured)} of {bound}",
            ComparedWith.Past => $"compared with stable's past for harm only (historical): evidence {Words.E(measured)} of {bound}",
            _ => null,
        };
    }

    private static MetricSignal? Leaking(Evidence evidence)
    {
        foreach (var signal in evidence.Signals)
            if (signal is MetricSignal { IsLeaking: true } metric) return metric;
        return null;
    }
}
