using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// Requests per user: users that retry, or that give up, without an error. Advisory; silent where users' requests are not followed.
/// </summary>
internal sealed class EngagementSignal(Weighting weighting) : Signal("requests per user", isCritical: false, weighting.AdvisoryMetric)
{
    private readonly RequestsPerUser process = new();
    private PairCounts seen;
    private double phi = 1;

    public override double HarmLogE => process.LogE;

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (look.HarmOnly) return;
        var (candidate, stable) = (tick.CandidateFlow, tick.StableFlow);
        var users = new PairCounts(
            Math.Max(0, candidate.Active), Math.Max(0, tick.Candidate.Requests), Math.Max(0, stable.Active),
            Math.Max(0, tick.Stable.Requests));
        if (!users.IsPair || users.CandidateX < users.CandidateN || users.StableX < users.StableN) return;
        // What the tick itself says of clumps must not help it: the greatest so far is taken.
        phi = Math.Max(phi, (candidate.RequestSquares + stable.RequestSquares) / (users.CandidateX + users.StableX));
        process.Step(users, phi, look.Share);
        seen = seen.Plus(users);
    }

    public override Finding Find(Evidence evidence, int margin)
    {
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = (new Sample(seen.StableX, seen.StableN), new Sample(seen.CandidateX, seen.CandidateN));
        var text = seen.IsPair
            ? $"candidate users make × {NumberText.Factor(process.Ratio)} of the requests of stable's; more or less than a tenth off: "
                + $"{proof.HarmText}"
            : $"{Name}: not followed";
        return new Finding(
            Name, proof.Verdict, seen.IsPair ? process.Ratio : double.NaN, double.NaN, double.NaN, proof.LogE, proof.Bound, stable,
            candidate, text);
    }

    public override void Save(StateWriter to)
    {
        process.Save(to);
        seen.Save(to);
        to.Double(phi);
    }

    public override void Load(ref StateReader from)
    {
        process.Load(ref from);
        seen = PairCounts.Load(ref from);
        phi = from.Double();
    }
}
