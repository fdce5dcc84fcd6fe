using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Requests per user: users that retry, or that give up, without an error. Advisory; silent where users' requests are not followed.</summary>
internal sealed class EngagementSignal(Weighting weighting) : Signal("requests per user", isCritical: false, weighting.AdvisoryMetric)
{
    private readonly RequestsPerUser process = new();
    private PairCounts seen;

    public override double HarmLogE => process.LogE;

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (look.HarmOnly) return;
        var (candidate, stable) = (tick.CandidateFlow, tick.StableFlow);
        var users = new PairCounts(
            Math.Max(0, candidate.Active), Math.Max(0, tick.Candidate.Requests), Math.Max(0, stable.Active), Math.Max(0, tick.Stable.Requests));
        if (!users.IsPair || users.CandidateX < users.CandidateN || users.StableX < users.StableN) return;
        process.Step(users, (candidate.RequestSquares + stable.RequestSquares) / (users.CandidateX + users.StableX), look.Share);
        seen = seen.Plus(users);
    }

    public override Finding Find(Evidence evidence, int margin)
    {
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = (new Sample(seen.StableX, seen.StableN), new Sample(seen.CandidateX, seen.CandidateN));
        var text = seen.IsPair
            ? $"candidate users make × {Words.Ratio(process.Ratio)} of the requests of stable's; more or less than a tenth off: {proof.HarmText}"
            : $"{Name}: not followed";
        return new Finding(
            Name, proof.Verdict, seen.IsPair ? process.Ratio : double.NaN, double.NaN, double.NaN, proof.LogE, proof.Bound, stable, candidate, text);
    }

    public override void Save(StateWriter to)
    {
        process.Save(to);
        seen.Save(to);
    }

    public override void Load(ref StateReader from)
    {
        process.Load(ref from);
        seen = PairCounts.Load(ref from);
    }
}
