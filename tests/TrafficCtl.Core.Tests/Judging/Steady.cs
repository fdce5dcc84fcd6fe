using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Ticks without chance: the same requests in each, all as fast as each other. They are cheap to make and to judge.</summary>
internal static class Steady
{
    public static readonly Weights Fifth = Weights.OfCandidate(2000);

    public static readonly Weights Next = Weights.OfCandidate(2400);

    /// <summary>5 s in which 4000 requests go to stable and 1000 to the candidate.</summary>
    public static Tick Tick(int failures = 0, double seconds = 0.01, int stableFailures = 0, int candidate = 1000, int stable = 4000) =>
        new(5, Of(stable, stableFailures, 0.01), Of(candidate, failures, seconds), Fifth, default, default);

    public static Judge Judge(int ticks, Tick tick, Analysis? analysis = null)
    {
        var judge = new Judge(analysis ?? Analysis.Default, new Baseline());
        for (var i = 0; i < ticks; i++) judge.Observe(tick);
        return judge;
    }

    private static Counts Of(int requests, int failures, double seconds)
    {
        var counts = new Counts { CappedFailures = failures };
        counts.ByOutcome[(int)Outcome.Success] = requests - failures;
        counts.ByOutcome[(int)Outcome.ServerError] = failures;
        counts.Latency[LatencyBuckets.IndexOf(seconds)] = requests;
        return counts;
    }
}
