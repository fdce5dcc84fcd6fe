using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Errors by route: of every user up to its first failure on the route.</summary>
/// <remarks>
/// Harm ρ 2, δ the tolerance of errors: a route is not held to more than the service, and arms differ more in a small part of it.
/// </remarks>
internal sealed class PathErrorSignal : PathSignal
{
    private readonly ErrorSignal errors;
    private readonly double warmUp;

    public PathErrorSignal(PathGroups groups, Analysis analysis, Weighting weighting, ErrorSignal errors)
        : base("route errors", weighting.ErrorsCritical, weighting.PathErrors, groups, errors, () => new PathProcess(
            new PairE(PairForm.Rate, Bets.Harm, Rho, analysis.Errors.WorseBy, Caps.Harm(analysis, weighting.PathErrors / groups.Count)),
            new RateEstimate(0.5, 500), Spread.Errors.Tau0)) =>
        (this.errors, warmUp) = (errors, analysis.ErrorWarmUp.TotalSeconds);

    protected override bool IsWarm(in Look look) => look.Elapsed > warmUp;

    public override bool Explains(Signal worse) => worse is ErrorSignal or GuardSignal or UserSignal;

    protected override long UsersOf(PathCounts candidate, int group) => candidate[group, PathCount.FailingUsers];

    protected override void Step(int group, PathCounts candidate, PathCounts stable, double fade, in Look look) =>
        Processes[group].Step(PairOf(group, candidate, stable), fade, 1, errors.Phi.Harm, look);

    protected override void Learn(int group, PathCounts candidate, PathCounts stable, double seconds) =>
        Processes[group].Learn(PairOf(group, candidate, stable), seconds);

    protected override string Compared(int group)
    {
        var (stable, candidate) = ErrorSignal.Samples(Processes[group].Seen);
        return $"candidate errors {SignalWords.Of(candidate)} against {SignalWords.Of(stable)}, more than "
            + $"× {NumberText.Factor(Rho)} + {NumberText.Points(Processes[group].Delta)}";
    }

    private static PairCounts PairOf(int group, PathCounts candidate, PathCounts stable) => Pair(
        candidate[group, PathCount.Requests], candidate[group, PathCount.Failures],
        stable[group, PathCount.Requests], stable[group, PathCount.Failures]);
}
