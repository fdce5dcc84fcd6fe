namespace TrafficCtl.Simulator.Services;

/// <summary>A service with two versions: how stable behaves, what disturbs it, and what the candidate does differently.</summary>
/// <remarks>
/// Latency is lognormal with median 80 ms and p99 323 ms. Disturbances are those of an arm as large as the candidate; an arm of
/// more instances averages them out, so its standard deviation is smaller by the root of the ratio.
/// </remarks>
/// <param name="Name">As on the command line and in the tables.</param>
/// <param name="About">One line for the help.</param>
/// <param name="IsNull">The candidate is as good as stable in the long run: going back would be false.</param>
public sealed record Scenario(string Name, string About, bool IsNull)
{
    /// <summary>The scenario without the regression, whose false rollbacks are the price of finding it.</summary>
    public string NullName { get; init; } = "null";

    /// <summary>The share of stable's requests that fail.</summary>
    public double ErrorRate { get; init; } = 0.001;

    /// <summary>The same of the candidate; null for stable's.</summary>
    public double? CandidateErrorRate { get; init; }

    /// <summary>The candidate's latency times this, of all requests.</summary>
    public double Slower { get; init; } = 1;

    /// <summary>The candidate's latency times this, of the slowest tenth of requests; p99 moves by it, p50 does not.</summary>
    public double SlowerTail { get; init; } = 1;

    /// <summary>Answers 4xx; null where nobody tells them from successes.</summary>
    public RefusedShares? Refusals { get; init; }

    /// <summary>Sizes of responses; null where nobody measures them.</summary>
    public Bodies? Bodies { get; init; }

    /// <summary>Requests that are answered so late that their clients leave.</summary>
    public Hangs? Hangs { get; init; }

    /// <summary>Users who ask for what is not there, all the time, on whichever version they stay.</summary>
    public Scanners? Scanners { get; init; }

    public WarmUp? WarmUp { get; init; }

    public Leak? Leak { get; init; }

    public Daily? Daily { get; init; }

    public Noise? Noise { get; init; }

    public Incidents? Incidents { get; init; }

    public Offsets? Offsets { get; init; }

    /// <summary>Mean size of the geometric clumps that errors come in (retries); 1 for independent errors.</summary>
    public double Clump { get; init; } = 1;

    /// <summary>Users with sessions who keep their arm; null when each request stands for itself and no user is known.</summary>
    public Crowd? Crowd { get; init; }

    /// <summary>Null when routes are not told apart.</summary>
    public Routes? Routes { get; init; }

    public int CandidateInstances { get; init; } = 3;

    public int StableInstances { get; init; } = 27;
}

/// <summary>Answers 4xx.</summary>
/// <param name="Stable">Their share of stable's requests.</param>
/// <param name="Candidate">The same of the candidate.</param>
/// <param name="Status">The status of the refusals that the candidate gives.</param>
public sealed record RefusedShares(double Stable, double Candidate, int Status = 404);

/// <summary>Sizes of bodies: lognormal, with a spread of a factor e.</summary>
/// <param name="Median">Stable's median, in bytes.</param>
/// <param name="Candidate">The candidate's over stable's; 0 for empty bodies.</param>
public sealed record Bodies(double Median, double Candidate = 1);

/// <summary>Requests without an answer for so long that their clients leave.</summary>
/// <param name="Stable">Their share of stable's requests.</param>
/// <param name="Candidate">The same of the candidate.</param>
/// <param name="After">Seconds until a client leaves.</param>
public sealed record Hangs(double Stable, double Candidate, double After = 2);

/// <summary>Users whose every request is answered 404.</summary>
/// <param name="Users">How many there are, all the time.</param>
/// <param name="RequestsPerSecond">The rate of each scanner.</param>
public sealed record Scanners(int Users, double RequestsPerSecond);

/// <summary>The candidate's start: errors and latency × these, falling to × 1 with this time constant from its first request.</summary>
public sealed record WarmUp(double Errors, double Latency, double Seconds);

/// <summary>From a moment of the run on, the candidate grows worse by the minute, wherever it runs.</summary>
/// <param name="From">Seconds since the candidate was deployed.</param>
/// <param name="Latency">Relative growth a minute.</param>
/// <param name="Errors">Growth of the error rate a minute.</param>
public sealed record Leak(double From, double Latency, double Errors);

/// <summary>A day's swing of traffic and of the error rate, relative, with a phase of its own in each run.</summary>
public sealed record Daily(double Traffic, double Errors);

/// <summary>Noise that correlates over time, AR(1), apart in each group of instances.</summary>
/// <param name="Errors">Standard deviation of ln error rate.</param>
/// <param name="Latency">Standard deviation of ln latency.</param>
/// <param name="Seconds">Correlation time.</param>
/// <param name="StableToo">False: stable has none.</param>
public sealed record Noise(double Errors, double Latency, double Seconds = 60, bool StableToo = true);

/// <summary>Incidents that hit both arms at once, at random times.</summary>
/// <param name="Every">Mean seconds between them.</param>
/// <param name="Lasting">Seconds.</param>
/// <param name="LeastErrors">Added to the error rate, drawn between this and the next.</param>
/// <param name="MostErrors">See above.</param>
/// <param name="Latency">Latency × this.</param>
/// <param name="Spread">Standard deviation of ln of how much harder or softer a group of instances is hit.</param>
public sealed record Incidents(double Every, double Lasting, double LeastErrors, double MostErrors, double Latency, double Spread);

/// <summary>Differences between instances that last: standard deviation of ln error rate and of ln latency of one instance.</summary>
public sealed record Offsets(double Errors, double Latency);

/// <summary>Users who come for a session and keep their arm through it.</summary>
/// <param name="Bad">The share of users for whom every request fails on the candidate.</param>
/// <param name="BadOnStableToo">They fail on stable as well, so the candidate is not to blame.</param>
/// <param name="RequestsPerSecond">The rate of one user in session.</param>
/// <param name="SessionSeconds">At most 600.</param>
public sealed record Crowd(double Bad, bool BadOnStableToo, double RequestsPerSecond = 0.1, double SessionSeconds = 300);
