using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>How one version behaves: lognormal latency and a share of failures.</summary>
internal sealed record Version(double MedianSeconds = 0.08, double Sigma = 0.25, double Errors = 0);

/// <summary>Makes ticks of seeded traffic: Poisson arrivals split by weight, each request with its latency and outcome.</summary>
internal sealed class Simulation(int seed, double rps, double tickSeconds)
{
    private readonly Chance chance = new(seed);
    private readonly Counts stable = new();
    private readonly Counts candidate = new();

    public double TickSeconds => tickSeconds;

    public Counts Stable(Version version)
    {
        Fill(stable, version, rps * tickSeconds);
        return stable;
    }

    public Tick Next(Version stableVersion, Version candidateVersion, Weights weights)
    {
        Fill(stable, stableVersion, rps * tickSeconds * weights.Stable / Weights.Total);
        Fill(candidate, candidateVersion, rps * tickSeconds * weights.Fraction);
        return new Tick(tickSeconds, stable, candidate, weights, Users(stable), Users(candidate));
    }

    /// <summary>A baseline of this much stable-only traffic, in windows of a tick.</summary>
    public Baseline Past(Version version, double seconds)
    {
        var past = new Baseline();
        for (var t = 0.0; t < seconds; t += tickSeconds) past.Absorb(tickSeconds, Stable(version), default);
        return past;
    }

    private void Fill(Counts counts, Version version, double mean)
    {
        counts.Clear();
        var n = chance.Poisson(mean);
        var failures = chance.Binomial(n, version.Errors);
        counts.ByOutcome[(int)Outcome.Success] = n - failures;
        counts.ByOutcome[(int)Outcome.ServerError] = failures;
        counts.CappedFailures = failures;
        for (var i = 0; i < n; i++)
            counts.Latency[LatencyBuckets.IndexOf(version.MedianSeconds * Math.Exp(version.Sigma * chance.Normal()))]++;
    }

    /// <summary>Every request is an identified user of its own.</summary>
    private static UserCounts Users(Counts counts) =>
        new(counts.Requests, counts.Failures, counts.Failures, counts.Failures, 0, counts.Requests, false);
}
