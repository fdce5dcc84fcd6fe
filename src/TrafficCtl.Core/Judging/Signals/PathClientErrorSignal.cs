using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Client errors by route: answers 4xx, of every user up to its first one on the route.</summary>
/// <remarks>
/// Harm ρ 2, δ the tolerance of client errors. A scanner meets one error on a route, however long it goes on. Where nobody tells client
/// errors from successes it is no part of the family.
/// </remarks>
internal sealed class PathClientErrorSignal : PathSignal
{
    private bool isTold;

    public PathClientErrorSignal(PathGroups groups, Analysis analysis, Weighting weighting, ClientErrorSignal whole)
        : base("route client errors", weighting.ClientErrorsCritical, weighting.PathClientErrors, groups, whole, () => new PathProcess(
            new PairE(
                PairForm.Rate, Bets.Harm, Rho, analysis.ClientErrors.WorseBy,
                Caps.Harm(analysis, weighting.PathClientErrors / groups.Count)),
            new RateEstimate(0.5, 500), Spread.Errors.Tau0))
    {
    }

    public override bool IsTold => isTold;

    public override bool Explains(Signal worse) => worse is ClientErrorSignal or ClientGuardSignal;

    // A cold start makes no request wrong.
    protected override bool IsWarm(in Look look) => true;

    protected override long UsersOf(PathCounts candidate, int group) => candidate[group, PathCount.ClientErrorUsers];

    protected override void Step(int group, PathCounts candidate, PathCounts stable, double fade, in Look look)
    {
        var pair = PairOf(group, candidate, stable);
        isTold |= pair.CandidateN > 0;
        Processes[group].Step(pair, fade, 1, 1, look);
    }

    protected override void Learn(int group, PathCounts candidate, PathCounts stable, double seconds) =>
        Processes[group].Learn(PairOf(group, candidate, stable), seconds);

    protected override string Compared(int group)
    {
        var (stable, candidate) = ErrorSignal.Samples(Processes[group].Seen);
        return $"candidate client errors {SignalWords.Of(candidate)} against {SignalWords.Of(stable)}, more than "
            + $"× {NumberText.Factor(Rho)} + {NumberText.Points(Processes[group].Delta)}";
    }

    public override Finding? Find(Evidence evidence, int margin) => isTold ? base.Find(evidence, margin) : null;

    public override void Save(StateWriter to)
    {
        base.Save(to);
        to.Count(isTold ? 1 : 0);
    }

    public override void Load(ref StateReader from)
    {
        base.Load(ref from);
        isTold = from.Index(2) == 1;
    }

    private static PairCounts PairOf(int group, PathCounts candidate, PathCounts stable) => Pair(
        candidate[group, PathCount.ClientRequests], candidate[group, PathCount.ClientErrors],
        stable[group, PathCount.ClientRequests], stable[group, PathCount.ClientErrors]);
}
