using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>Some instances of one version: their own noise, and what they answered in the running interval.</summary>
internal sealed class Group
{
    /// <summary>Below this mean the requests are drawn one by one, above it bucket by bucket.</summary>
    private const double OneByOne = 300;

    private readonly Scenario scenario;
    private readonly Chance world, chance;
    private readonly CorrelatedNoise errorDrift, latencyDrift;
    private readonly double errorOffset, latencyOffset, incidentSpread;
    private readonly bool isCandidate;
    private readonly double[] probabilities = new double[LatencyMixture.Layout.Count];
    private LatencyMixture? tabulated;
    private int tabulatedShift;
    private double hit = 1;
    private int hitBy;

    /// <param name="scenario">What disturbs it.</param>
    /// <param name="world">For what does not depend on the traffic.</param>
    /// <param name="chance">For the traffic.</param>
    /// <param name="instances">How many it stands for.</param>
    /// <param name="isCandidate">Whether the group serves the candidate's arm.</param>
    public Group(Scenario scenario, Chance world, Chance chance, int instances, bool isCandidate)
    {
        (this.scenario, this.world, this.chance, Instances, this.isCandidate) = (scenario, world, chance, instances, isCandidate);
        var scale = Math.Sqrt(scenario.CandidateInstances / (double)instances);
        var noise = scenario.Noise is { } n && (isCandidate || n.StableToo) ? n : new Noise(0, 0);
        errorDrift = new CorrelatedNoise(world, noise.Errors * scale, noise.Seconds);
        latencyDrift = new CorrelatedNoise(world, noise.Latency * scale, noise.Seconds);
        incidentSpread = (scenario.Incidents?.Spread ?? 0) * scale;
        (errorOffset, latencyOffset) = (OffsetOf(scenario.Offsets?.Errors ?? 0), Math.Log(OffsetOf(scenario.Offsets?.Latency ?? 0)));
    }

    public int Instances { get; }

    /// <summary>What it answered in the interval.</summary>
    public Counts Counts { get; } = new(LatencyMixture.Layout);

    /// <summary>Answers Poisson(<paramref name="mean"/>) requests over an interval.</summary>
    /// <param name="mean">Expected requests.</param>
    /// <param name="errorRate">The error rate of the version at this time, without this group's noise.</param>
    /// <param name="mixture">The version's latency.</param>
    /// <param name="slower">All latency × this.</param>
    /// <param name="weather">The weather of the interval.</param>
    /// <param name="seconds">The interval's length.</param>
    public void Serve(double mean, double errorRate, LatencyMixture mixture, double slower, Weather weather, double seconds)
    {
        errorDrift.Advance(seconds);
        latencyDrift.Advance(seconds);
        if (hitBy != weather.Incident) (hitBy, hit) = (weather.Incident, world.Factor(incidentSpread));

        var rate = (errorRate * weather.Errors * errorDrift.Factor * errorOffset) + (weather.IncidentErrors * hit);
        var shift = 0;
        if (slower != 1 || weather.IncidentLatency > 0 || latencyDrift.Log != 0 || latencyOffset != 0)
            shift = LatencyMixture.ShiftOf(slower * (1 + (weather.IncidentLatency * hit)) * Math.Exp(latencyDrift.Log + latencyOffset));
        Counts.Clear();
        var hung = scenario.Hangs is { } hangs ? (isCandidate ? hangs.Candidate : hangs.Stable) : 0;
        Fail(Answer(mean * (1 - hung), mixture, shift), Math.Min(1, rate), mixture, shift);
        if (scenario.Hangs is not null) Hang(mean * hung, scenario.Hangs.After);
        if (scenario.Refusals is { } refusals)
            Refuse(isCandidate ? refusals.Candidate : refusals.Stable, isCandidate ? refusals.Status : 404);
        if (scenario.Bodies is { } bodies) Measure(bodies.Median * (isCandidate ? bodies.Candidate : 1));
    }

    /// <summary>Adds requests of one user that were answered 404.</summary>
    /// <param name="requests">How many.</param>
    /// <param name="counted">How many of them count under the cap per user.</param>
    /// <param name="mixture">The latency of the version.</param>
    public void Scan(long requests, long counted, LatencyMixture mixture)
    {
        for (var i = 0L; i < requests; i++) Counts.Latency[mixture.Draw(chance, 0)]++;
        Counts.ByOutcome[(int)Outcome.ClientError] += requests;
        Counts.Statuses()[ClientStatuses.IndexOf(404)] += requests;
        Counts.CappedClientErrors += counted;
        Counts.ClientErrorExcess += requests - counted;
    }

    private void Hang(double mean, double after)
    {
        if (chance.Poisson(mean) is not (> 0 and var hung)) return;
        Counts.Abandon()[LatencyMixture.Layout.IndexOf(after)] += hung;
        (Counts.Late, Counts.CappedLate) = (hung, hung);
    }

    private void Refuse(double share, int status)
    {
        var refused = chance.Binomial(Counts.ByOutcome[(int)Outcome.Success], share);
        Counts.TellsClientErrors = true;
        Counts.ByOutcome[(int)Outcome.Success] -= refused;
        Counts.ByOutcome[(int)Outcome.ClientError] = Counts.CappedClientErrors = refused;
        if (refused > 0) Counts.Statuses()[ClientStatuses.IndexOf(status)] = refused;
    }

    private void Measure(double median)
    {
        var sizes = Counts.Measure();
        var left = Counts.ByOutcome[(int)Outcome.Success];
        if (median <= 0)
        {
            sizes[0] = left;
            return;
        }

        var below = 0.0;
        for (var i = 1; left > 0 && i < SizeBuckets.Overflow; i++)
        {
            // What is left, bucket by bucket: parts of a multinomial number.
            var upTo = NormalTail.Below(Math.Log(SizeBuckets.UpperBytes(i) / median));
            var drawn = chance.Binomial(left, Math.Clamp((upTo - below) / Math.Max(1e-12, 1 - below), 0, 1));
            (sizes[i], left, below) = (drawn, left - drawn, upTo);
        }

        sizes[SizeBuckets.Overflow] = left;
    }

    /// <summary>Adds one request that is not part of the general traffic.</summary>
    public void Add(LatencyMixture mixture, bool failed, bool counts)
    {
        Counts.Latency[mixture.Draw(chance, 0)]++;
        Counts.ByOutcome[(int)(failed ? Outcome.ServerError : Outcome.Success)]++;
        if (failed && counts) Counts.CappedFailures++;
    }

    private long Answer(double mean, LatencyMixture mixture, int shift)
    {
        var latency = Counts.Latency.AsSpan();
        if (mean < OneByOne)
        {
            var n = chance.Poisson(mean);
            for (var i = 0L; i < n; i++) latency[mixture.Draw(chance, shift)]++;
            return n;
        }

        if (tabulated != mixture || tabulatedShift != shift)
        {
            mixture.Probabilities(shift, probabilities);
            (tabulated, tabulatedShift) = (mixture, shift);
        }

        // Parts of a Poisson number are Poisson and independent.
        long sum = 0;
        for (var i = 0; i < latency.Length; i++)
        {
            var drawn = chance.Poisson(mean * probabilities[i]);
            latency[i] = drawn;
            sum += drawn;
        }

        return sum;
    }

    private void Fail(long requests, double rate, LatencyMixture mixture, int shift)
    {
        long failures;
        if (scenario.Clump > 1)
        {
            failures = chance.Clumps(chance.Poisson(requests * rate / scenario.Clump), scenario.Clump);
            // Retries are requests: a clump that is larger than what else there was brings its own.
            for (; requests < failures; requests++) Counts.Latency[mixture.Draw(chance, shift)]++;
        }
        else
        {
            failures = chance.Binomial(requests, rate);
        }

        Counts.ByOutcome[(int)Outcome.Success] = requests - failures;
        Counts.ByOutcome[(int)Outcome.ServerError] = failures;
        Counts.CappedFailures = failures;
    }

    /// <summary>The mean over instances that share the traffic evenly.</summary>
    private double OffsetOf(double sd)
    {
        if (sd <= 0) return 1;
        var sum = 0.0;
        for (var i = 0; i < Instances; i++) sum += world.Factor(sd);
        return sum / Instances;
    }
}
