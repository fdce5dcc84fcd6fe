using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>One run's world: a service in virtual time that answers the traffic of each tick under the asked weights.</summary>
/// <remarks>
/// The same for a seed whatever runs beside it. What hits both rules' runs alike (incidents, noise, offsets) comes from a stream of its
/// own.
/// </remarks>
public sealed class Service
{
    /// <summary>Seconds of every tick.</summary>
    public const double TickSeconds = 5;

    private const double Quiet = 1e-6;

    private readonly Scenario scenario;
    private readonly double requestsPerSecond;
    private readonly LatencyMixture candidateMixture;
    private readonly Weather weather;
    private readonly Chance chance;
    private readonly Group candidate;
    private readonly Group[] stable;
    private readonly Counts stableCounts = new(LatencyMixture.Layout);
    private readonly Counts[]? placebos;
    private readonly Throng? throng;
    private readonly ScannerList? scanners;
    private readonly Paths? paths;
    private double now;
    private double firstRequest = double.NaN;

    /// <param name="scenario">What the service and its candidate are like.</param>
    /// <param name="requestsPerSecond">On average, both arms together.</param>
    /// <param name="seed">What seeds everything that happens by chance.</param>
    /// <param name="historySeconds">How long stable is alone before the candidate is deployed, a multiple of a minute.</param>
    /// <param name="placebos">Groups of stable's instances to be measured apart, 0 to <see cref="Tick.MostPlacebos"/>.</param>
    public Service(Scenario scenario, double requestsPerSecond, ulong seed, double historySeconds, int placebos)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(placebos, Tick.MostPlacebos);
        (this.scenario, this.requestsPerSecond, now) = (scenario, requestsPerSecond, -historySeconds);
        candidateMixture = LatencyMixture.SlowerTail(scenario.SlowerTail);
        var world = new Chance(Chance.Seed(seed, 1));
        chance = new Chance(Chance.Seed(seed, 2));
        weather = new Weather(scenario, world, now);
        candidate = new Group(scenario, world, chance, scenario.CandidateInstances, isCandidate: true);
        var rest = scenario.StableInstances - (placebos * scenario.CandidateInstances);
        stable = new Group[placebos + (rest > 0 ? 1 : 0)];
        for (var i = 0; i < stable.Length; i++)
            stable[i] = new Group(scenario, world, chance, i < placebos ? scenario.CandidateInstances : rest, isCandidate: false);
        this.placebos = placebos > 0 ? [.. stable.Take(placebos).Select(static g => g.Counts)] : null;
        throng = scenario.Crowd is { } crowd ? new Throng(crowd, chance, TickSeconds) : null;
        scanners = scenario.Scanners is { } list ? new ScannerList(list, chance) : null;
        // From a stream of its own, so that the traffic is the same with and without.
        paths = scenario.Routes is { } routes ? new Paths(routes, scenario.Clump, new Chance(Chance.Seed(seed, 3))) : null;
        Past = Begin();
    }

    /// <summary>Seconds since the candidate was deployed.</summary>
    public double Now => now;

    /// <summary>What distinguishes the traffic's routes; null when routes are not compared.</summary>
    public PathGroups? Groups => paths?.Groups;

    /// <summary>Stable alone, before.</summary>
    public Baseline Past { get; }

    /// <summary>The next tick of <see cref="TickSeconds"/> under these weights. Its counts are reused by the next call.</summary>
    public Tick Next(Weights weights) => Serve(weights, TickSeconds);

    /// <summary>
    /// Expected responses so far that stable would not have given badly: failures, and requests slower than stable's p99. An
    /// expectation, because most of the noise of a run's real count is not the rule's doing.
    /// </summary>
    public double BadResponses { get; private set; }

    /// <summary>Passes a tick that nobody looks at any more.</summary>
    public void Skip(Weights weights)
    {
        weather.Advance(now, TickSeconds);
        Pass(weights, TickSeconds);
    }

    private void Pass(Weights weights, double seconds)
    {
        now += seconds / 2;
        if (now > 0) BadResponses += weights.Fraction * requestsPerSecond * weather.Traffic * HarmOfRequest() * seconds;
        now += seconds / 2;
    }

    private double HarmOfRequest()
    {
        var failing = (CandidateRate() - scenario.ErrorRate) * weather.Errors;
        if (scenario.Crowd is { BadOnStableToo: false } crowd) failing += crowd.Bad * (1 - scenario.ErrorRate);
        if (scenario.Routes is { } routes) failing += routes.Broken * (1 - scenario.ErrorRate);
        if (scenario.Refusals is { } refusals) failing += Math.Max(0, refusals.Candidate - refusals.Stable);
        if (scenario.Hangs is { } hangs) failing += Math.Max(0, hangs.Candidate - hangs.Stable);
        if (scenario.Bodies is { Candidate: 0 }) failing += 1 - failing;
        return failing + candidateMixture.SlowerThanP99(Slower()) - LatencyMixture.Stable.SlowerThanP99(1);
    }

    private Baseline Begin()
    {
        var past = new Baseline(LatencyMixture.Layout);
        // Users must be followed tick by tick; without them a minute is as good.
        var seconds = throng is null ? 60 : TickSeconds;
        while (now < -Quiet)
        {
            var tick = Serve(Weights.AllStable, seconds);
            past.Absorb(seconds, tick.Stable, tick.StableUsers);
        }

        now = 0;
        return past;
    }

    private Tick Serve(Weights weights, double seconds)
    {
        weather.Advance(now, seconds);
        var rps = requestsPerSecond * weather.Traffic;
        throng?.Advance(rps, weights.Fraction);
        if (weights.Candidate > 0 && double.IsNaN(firstRequest)) firstRequest = now;

        candidate.Serve(
            MeanOf(throng?.Candidate, rps * weights.Fraction, seconds), CandidateRate(), candidateMixture, Slower(), weather, seconds);
        var mean = MeanOf(throng?.Stable, rps * (1 - weights.Fraction), seconds);
        foreach (var group in stable)
            group.Serve(mean * group.Instances / scenario.StableInstances, scenario.ErrorRate, LatencyMixture.Stable, 1, weather, seconds);

        var (general, generalCandidate) = (0L, candidate.Counts.CappedFailures);
        foreach (var group in stable) general += group.Counts.CappedFailures;
        if (throng is not null) AddBad(throng);
        scanners?.Serve(now, seconds, weights.Fraction, (isCandidate, requests, counted) =>
            (isCandidate ? candidate : AnyOfStable()).Scan(requests, counted, isCandidate ? candidateMixture : LatencyMixture.Stable));
        candidate.Counts.LatencySum = LatencyMixture.SumOf(candidate.Counts.Latency);
        stableCounts.Clear();
        foreach (var group in stable)
        {
            group.Counts.LatencySum = LatencyMixture.SumOf(group.Counts.Latency);
            stableCounts.Add(group.Counts);
        }

        if (paths is not null && now >= 0)
        {
            paths.Spread(candidate.Counts, breaks: true);
            paths.Spread(stableCounts, breaks: false);
        }

        Pass(weights, seconds);

        var tick = new Tick(seconds, stableCounts, candidate.Counts, weights, default, default) { Placebos = placebos, Paths = Groups };
        if (scanners is not null)
            tick = tick with
            {
                StableUsers = scanners.Count(now, isCandidate: false),
                CandidateUsers = scanners.Count(now, isCandidate: true),
            };
        return throng is null ? tick : tick with
        {
            StableUsers = throng.Count(throng.Stable, general),
            CandidateUsers = throng.Count(throng.Candidate, generalCandidate),
            StableFlow = throng.Stable.Flow,
            CandidateFlow = throng.Candidate.Flow,
        };
    }

    private double MeanOf(Throng.Side? users, double rps, double seconds) =>
        users is null ? rps * seconds : (users.Active + users.ActiveBad) * scenario.Crowd!.RequestsPerSecond * seconds;

    private void AddBad(Throng users)
    {
        for (var i = 0L; i < users.Candidate.BadRequests; i++) candidate.Add(candidateMixture, true, i < users.Candidate.BadCounted);
        for (var i = 0L; i < users.Stable.BadRequests; i++) AnyOfStable().Add(LatencyMixture.Stable, true, i < users.Stable.BadCounted);
    }

    private Group AnyOfStable()
    {
        var at = (int)(chance.Uniform() * scenario.StableInstances);
        foreach (var group in stable)
        {
            at -= group.Instances;
            if (at < 0) return group;
        }

        return stable[^1];
    }

    private double CandidateRate()
    {
        var rate = scenario.CandidateErrorRate ?? scenario.ErrorRate;
        if (scenario.WarmUp is { } warmUp) rate *= 1 + ((warmUp.Errors - 1) * Cooling(warmUp));
        if (scenario.Leak is { } leak) rate += leak.Errors * Math.Max(0, now - leak.From) / 60;
        return rate;
    }

    private double Slower()
    {
        var slower = scenario.Slower;
        if (scenario.WarmUp is { } warmUp) slower *= 1 + ((warmUp.Latency - 1) * Cooling(warmUp));
        if (scenario.Leak is { } leak) slower *= 1 + (leak.Latency * Math.Max(0, now - leak.From) / 60);
        return slower;
    }

    private double Cooling(WarmUp warmUp) => double.IsNaN(firstRequest) ? 1 : Math.Exp(-(now - firstRequest) / warmUp.Seconds);
}
