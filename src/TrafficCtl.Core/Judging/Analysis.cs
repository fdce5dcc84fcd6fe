using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Judging;

/// <summary>What "worse" means for a service, and how it is measured. Defaults are those of the design.</summary>
public sealed record Analysis
{
    public static readonly Analysis Default = new();

    private readonly ClientErrorTolerance? clientErrors;
    private readonly SizeTolerance? responseSize;

    /// <summary>Probability of a false rollback per rollout, over all signals, looks and steps.</summary>
    public double Alpha { get; init; } = 0.01;

    /// <summary>Probability of promoting past the first step whose margin the truth violates.</summary>
    public double AlphaNonInferiority { get; init; } = 0.05;

    /// <summary>The interval of one look; one-second windows are folded into it.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(5);

    public ErrorTolerance Errors { get; init; } = new();

    public LatencyTolerance Latency { get; init; } = new();

    /// <summary>
    /// The tolerance for answers 4xx, where they are told from successes. What was written before there was one has the default.
    /// </summary>
    public ClientErrorTolerance ClientErrors { get => clientErrors ?? ClientErrorTolerance.Default; init => clientErrors = value; }

    /// <summary>The tolerance for the sizes of response bodies. What was written before they were compared has the default.</summary>
    public SizeTolerance ResponseSize { get => responseSize ?? SizeTolerance.Default; init => responseSize = value; }

    /// <summary>Broken users; null when they are not compared (no user key is declared).</summary>
    public UserTolerance? Users { get; init; }

    /// <summary>Custom metrics and saturation, in the order of <c>Tick.Metrics</c>.</summary>
    public ImmutableArray<MetricTolerance> Metrics { get; init; } = [];

    /// <summary>How requests are compared by route; null when they are not. It is of rollouts that begin from now on.</summary>
    public RouteGrouping? Routes { get; init; } = new();

    /// <summary>First traffic of the candidate to the first look at errors; the guard looks at once.</summary>
    public TimeSpan ErrorWarmUp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First traffic of the candidate to the first look at latency.</summary>
    public TimeSpan LatencyWarmUp { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>By value: a reload that changes nothing must not begin evidence anew.</summary>
    public bool Equals(Analysis? other) =>
        other is not null && Alpha.Equals(other.Alpha) && AlphaNonInferiority.Equals(other.AlphaNonInferiority) && Tick == other.Tick
        && Errors == other.Errors && ClientErrors == other.ClientErrors && ResponseSize == other.ResponseSize
        && Latency == other.Latency && Users == other.Users && Routes == other.Routes
        && Metrics.AsSpan().SequenceEqual(other.Metrics.AsSpan())
        && ErrorWarmUp == other.ErrorWarmUp && LatencyWarmUp == other.LatencyWarmUp;

    public override int GetHashCode() => HashCode.Combine(Alpha, Tick, Errors, Latency, Users, Metrics.Length);
}

/// <summary>What a signal does when it is worse: roll back (critical) or hold (advisory).</summary>
public enum Consequence
{
    Rollback,
    Hold,
}

/// <param name="WorseBy">
/// Non-inferiority margin δ as a fraction (0.001 is 0.1 percentage points); harm is a fifth of it; ρ = 1.10 for both.
/// </param>
/// <param name="Then">Critical or advisory.</param>
public sealed record ErrorTolerance(double WorseBy = 0.001, Consequence Then = Consequence.Rollback);

/// <param name="WorseBy">
/// Non-inferiority margin δ of the share of answers 4xx, as a fraction (0.01 is a percentage point); harm is a fifth of it; ρ = 1.10.
/// </param>
/// <param name="Then">Critical, or advisory as long as nobody says otherwise: a version may rightly refuse what stable took.</param>
public sealed record ClientErrorTolerance(double WorseBy = 0.01, Consequence Then = Consequence.Hold)
{
    public static readonly ClientErrorTolerance Default = new();
}

/// <param name="Factor">
/// The median body may be so many times larger or smaller, at least 1.5; half as much again is how many times faster an answer may be where
/// sizes are not measured.
/// </param>
public sealed record SizeTolerance(double Factor = 2)
{
    public static readonly SizeTolerance Default = new();
}

/// <param name="Quantile">The named quantile, 0.5 &lt; q &lt; 1, tested beside p50.</param>
/// <param name="WorseBy">Non-inferiority shift as a fraction (0.10 is 10 %); harm is half of it.</param>
/// <param name="Then">Critical or advisory.</param>
public sealed record LatencyTolerance(double Quantile = 0.99, double WorseBy = 0.10, Consequence Then = Consequence.Rollback);

/// <param name="WorseBy">
/// Non-inferiority margin δ as a fraction (0.005 is 0.5 percentage points) of users that meet a third error; harm is a tenth of it.
/// </param>
/// <param name="Then">Critical or advisory.</param>
public sealed record UserTolerance(double WorseBy = 0.005, Consequence Then = Consequence.Rollback);

/// <summary>A custom metric or a gauge of saturation: a mean per unit of work of each arm.</summary>
/// <param name="Name">As it stands under <c>analysis</c>.</param>
/// <param name="Direction">Which way is better.</param>
/// <param name="WorseBy">Non-inferiority margin as a fraction (0.15 is 15 %); harm is two thirds of it.</param>
/// <param name="Limit">
/// Where the metric ends, in its own unit (bytes of memory that are there): a candidate that grows towards it is held; null for none.
/// </param>
/// <param name="Then">Critical, or advisory as long as nobody says otherwise: gauges are correlated in time.</param>
public sealed record MetricTolerance(
    string Name, Direction Direction, double WorseBy, Consequence Then = Consequence.Hold, double? Limit = null)
{
    /// <summary>
    /// What reads it: a query in PromQL, or the name of a built-in one such as <c>saturation:cpu</c>; null when nothing but windows from
    /// elsewhere brings it.
    /// </summary>
    public string? Query { get; init; }
}
