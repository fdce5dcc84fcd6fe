using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// Latency by route: the candidate's requests slower than 2 u against stable's slower than u, of the first request of every user.
/// </summary>
/// <remarks>
/// u is the edge of a bucket (ratio √2) above which about 30 % of stable's requests lie, from data before the tick. Harm is twice the
/// time: users of a route are few, and their first request may meet what has to be loaded.
/// </remarks>
internal sealed class PathLatencySignal(
    PathGroups groups, Analysis analysis, Weighting weighting, ErrorSignal errors, LatencySignal whole)
    : PathSignal("route latency", weighting.LatencyCritical, weighting.PathLatency, groups, whole, () => new PathProcess(
        new PairE(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, weighting.PathLatency / groups.Count)),
        new RateEstimate(0.5, 50), Spread.Latency.Tau0))
{
    /// <summary>Buckets of the tolerance: × 2.</summary>
    public const int Shift = 2;

    private readonly PathTimes[] times = [.. Enumerable.Range(0, groups.Count).Select(_ => new PathTimes())];

    protected override bool IsWarm(in Look look) => !look.SkipsLatency && look.Elapsed > analysis.LatencyWarmUp.TotalSeconds;

    public override bool Explains(Signal worse) => worse is LatencySignal;

    // Every request that is counted is another user's.
    protected override long UsersOf(PathCounts candidate, int group) => -1;

    protected override void Step(int group, PathCounts candidate, PathCounts stable, double fade, in Look look)
    {
        var (process, past) = (Processes[group], times[group]);
        if (past.Draw(process.Rate.Value, look.Seconds))
        {
            process.Seen = default;
            process.Rate.Begin(past.Above, past.Total, pastSeconds: 0);
        }

        if (past.Boundary >= 0)
        {
            Span<long> of = candidate.Times(group), to = stable.Times(group);
            var pair = Pair(
                PathTimes.Sum(of, 0), PathTimes.Sum(of, past.Boundary + 1 + Shift),
                PathTimes.Sum(to, 0), PathTimes.Sum(to, past.Boundary + 1));
            process.Step(pair, fade, errors.Incident.Harm, 1, look);
        }

        past.Absorb(stable.Times(group));
    }

    protected override void Learn(int group, PathCounts candidate, PathCounts stable, double seconds) =>
        times[group].Absorb(stable.Times(group));

    protected override string Compared(int group)
    {
        var u = times[group].Boundary;
        if (u < 0) return "not compared yet";
        var (stable, candidate) = ErrorSignal.Samples(Processes[group].Seen);
        return $"slower than {DurationText.OfSeconds(PathBuckets.UpperSeconds(u + Shift))}: {SignalWords.Of(candidate)} against "
            + $"{SignalWords.Of(stable)} slower than {DurationText.OfSeconds(PathBuckets.UpperSeconds(u))}";
    }

    public override void Save(StateWriter to)
    {
        base.Save(to);
        foreach (var past in times) past.Save(to);
    }

    public override void Load(ref StateReader from)
    {
        base.Load(ref from);
        foreach (var past in times) past.Load(ref from);
    }
}
