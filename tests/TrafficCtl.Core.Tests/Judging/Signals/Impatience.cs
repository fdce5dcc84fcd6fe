using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>How the clients of an arm leave.</summary>
/// <param name="Hangs">The share of requests that the version never answers.</param>
/// <param name="Median">The median of the answers, in seconds; lognormal, σ 0.5.</param>
/// <param name="Patience">After so many seconds every client leaves.</param>
/// <param name="Restless">The share of clients that leave sooner, at any time up to that, evenly on a log scale from 1 ms on.</param>
/// <param name="LeaveAt">Every one of those leaves then; NaN for any time.</param>
/// <param name="Errors">The share of answers that are failures.</param>
internal sealed record Leaving(
    double Hangs = 0, double Median = 0.05, double Patience = 2, double Restless = 0, double LeaveAt = double.NaN, double Errors = 0);

/// <summary>
/// Ticks of seeded requests whose clients may leave before the answer, as a proxy counts them; every request is another user's.
/// </summary>
internal sealed class Impatience(int seed, double rps, double tickSeconds = 5)
{
    private const double Sigma = 0.5, Shortest = 0.001;

    private readonly Chance chance = new(seed);
    private readonly Counts stable = new(), candidate = new();

    /// <summary>Later than this is late: the 99 % quantile of the default answers.</summary>
    public double Usual { get; } = 0.05 * Math.Exp(2.3263478740 * Sigma);

    public Tick Next(Leaving stableLeaving, Leaving candidateLeaving, Weights weights)
    {
        Fill(stable, stableLeaving, rps * tickSeconds * weights.Stable / Weights.Total);
        Fill(candidate, candidateLeaving, rps * tickSeconds * weights.Fraction);
        return new Tick(tickSeconds, stable, candidate, weights, Users(stable), Users(candidate));
    }

    public Baseline Past(Leaving leaving, double seconds)
    {
        var past = new Baseline();
        for (var t = 0.0; t < seconds; t += tickSeconds)
        {
            Fill(stable, leaving, rps * tickSeconds);
            past.Absorb(tickSeconds, stable, default);
        }

        return past;
    }

    private void Fill(Counts counts, Leaving how, double mean)
    {
        counts.Clear();
        for (var left = chance.Poisson(mean); left > 0; left--)
        {
            var takes = chance.Uniform() < how.Hangs ? double.PositiveInfinity : how.Median * Math.Exp(Sigma * chance.Normal());
            var patience = chance.Uniform() >= how.Restless ? how.Patience
                : !double.IsNaN(how.LeaveAt) ? how.LeaveAt
                : Shortest * Math.Pow(how.Patience / Shortest, chance.Uniform());
            if (takes <= patience) Answer(counts, takes, chance.Uniform() < how.Errors);
            else Abandon(counts, patience);
        }
    }

    private static void Answer(Counts counts, double seconds, bool failed)
    {
        counts.ByOutcome[(int)(failed ? Outcome.ServerError : Outcome.Success)]++;
        if (failed) counts.CappedFailures++;
        counts.Latency[LatencyBuckets.IndexOf(seconds)]++;
    }

    private void Abandon(Counts counts, double seconds)
    {
        counts.ByOutcome[(int)Outcome.ClientAbort]++;
        counts.Abandon()[LatencyBuckets.IndexOf(seconds)]++;
        if (seconds <= Usual) return;
        counts.Late++;
        counts.CappedLate++;
    }

    private static UserCounts Users(Counts counts)
    {
        var (users, failing) = (counts.Requests + counts.Late, counts.Failures + counts.Late);
        return new UserCounts(users, failing, failing, failing, 0, users, false);
    }
}
