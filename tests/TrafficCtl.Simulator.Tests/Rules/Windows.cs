using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;

namespace TrafficCtl.Simulator.Tests.Rules;

/// <summary>Windows without chance, for tables of ticks.</summary>
internal static class Windows
{
    /// <summary>1,000 requests at 80 ms, none failed.</summary>
    public static Counts Good { get; } = Of(1000);

    /// <summary>Half of them failed.</summary>
    public static Counts Bad { get; } = Of(1000, 500);

    /// <summary>All took 700 ms.</summary>
    public static Counts Slow { get; } = Of(1000, seconds: 0.7);

    public static Counts Silent { get; } = Of(0);

    public static Counts Of(long requests, long failures = 0, double seconds = 0.08)
    {
        var counts = new Counts();
        counts.ByOutcome[(int)Outcome.Success] = requests - failures;
        counts.ByOutcome[(int)Outcome.ServerError] = failures;
        counts.CappedFailures = failures;
        counts.Latency[LatencyBuckets.IndexOf(seconds)] = requests;
        return counts;
    }

    /// <summary>Plays what the candidate does, one word a window, and tells the weight after each.</summary>
    /// <param name="words">good, bad, slow, silent.</param>
    public static string Play(IRuleRun run, string words)
    {
        var (now, weights) = (0.0, new List<string> { Weight(run) });
        foreach (var word in words.Split(' '))
        {
            var candidate = word switch
            {
                "good" => Good,
                "bad" => Bad,
                "slow" => Slow,
                "silent" => Silent,
                _ =>
                throw new ArgumentException($"{word} is no window", nameof(words))
            };
            now += run.IntervalSeconds;
            run.Observe(new Tick(run.IntervalSeconds, Good, candidate, run.Weights, default, default), now);
            weights.Add(Weight(run));
        }

        return string.Join(' ', weights);
    }

    private static string Weight(IRuleRun run) => run.End switch
    {
        RunEnd.Promoted => "promoted",
        RunEnd.RolledBack => "back",
        _ => $"{run.Weights.Candidate / 100}",
    };
}
