using System.Collections.Immutable;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.TypeI;

/// <summary>The nulls of the type-I check (statistics 7), at 0.3 % errors unless named.</summary>
public static class NullCatalog
{
    private const double ErrorRate = 0.003;

    // What harm tolerates: errors × 1.1 + 0.02 points, latency × 1.05.
    private const double HarmRatio = 1.1, HarmPoints = 0.0002, HarmShift = 1.05;
    private static readonly double ErrorMargin = Math.Log(HarmRatio + (HarmPoints / ErrorRate));
    private static readonly double LatencyMargin = Math.Log(HarmShift);

    public static readonly ImmutableArray<NullCase> All =
    [
        .. At([100, 500], Null("iid", "independent errors")),
        .. At([100, 500], OnBoundary(Null("iid", "independent errors"))),
        .. At([500], Null("iid_bad3%", "independent errors, 3 %") with { ErrorRate = 0.03 }),
        .. At([100, 500], Null("clumps2", "errors in clumps of 2 on average") with { Clump = 2 }),
        .. At([100, 500], OnBoundary(Null("clumps2", "errors in clumps of 2 on average") with { Clump = 2 })),
        .. At([100, 500], Null("clumps5", "errors in clumps of 5 on average") with { Clump = 5 }),
        .. At([100, 500], OnBoundary(Null("clumps5", "errors in clumps of 5 on average") with { Clump = 5 })),
        .. At([500], Null("routes", "fifty routes, independent errors") with { Routes = Routes.Fifty() }),
        .. At([500], Null("routes_clumps5", "fifty routes, errors in clumps of 5 on average") with { Routes = Routes.Fifty(), Clump = 5 }),
        .. At([100, 500], Null("ar.2", "AR(1) noise of 60 s, sd 20 % on errors and 2 % on latency") with { Noise = new(0.2, 0.02) }),
        .. At([100, 500], Null("incidents", "the same noise, and shared incidents") with { Noise = new(0.2, 0.02), Incidents = Shared }),
        .. At([500], Null("offsets.5", "instances that differ for good, sd half the margin") with { Offsets = OfMargin(0.5) }),
        .. At([100, 500], Told("all_signals", "5 % client errors, sizes, clients that leave 0.3 % of the requests", new(0.05, 0.05))),
        .. At([100, 500], Told("clients_edge", "the same, client errors just as many as their guard tolerates", new(0.05, 0.25))),
        .. At([100, 500], Told("clients_edge_of_0", "the same of a stable without any", new(0, 0.10))),
        .. At(
            [100, 500],
            Told("scanners", "the same, and ten scanners who keep their version", new(0.02, 0.02)) with { Scanners = new(10, 2) }),
        .. Beyond([1000], Null("ar.3", "AR(1) noise of 60 s, sd 30 % on errors and 3 % on latency") with { Noise = new(0.3, 0.03) }),
        .. Beyond([5000], ScenarioCatalog.Find("null_burst")! with { Name = "bursts" }),
        .. Beyond([500], Null("offsets2", "instances that differ for good, sd twice the margin") with { Offsets = OfMargin(2) }),
    ];

    /// <summary>The names, each once: a name stands for all its rates.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(static c => c.Scenario.Name).Distinct(StringComparer.Ordinal)];

    private static Incidents Shared => new(900, 30, 0.05, 0.10, 1.5, 0.2);

    private static Scenario Null(string name, string about) => new(name, about, true) { ErrorRate = ErrorRate };

    private static Scenario Told(string name, string about, RefusedShares refusals) => Null(name, about) with
    {
        Refusals = refusals,
        Bodies = new(8192),
        Hangs = new(0.003, 0.003),
    };

    private static Scenario OnBoundary(Scenario scenario) => scenario with
    {
        Name = scenario.Name + "_edge",
        About = scenario.About + ", the candidate just as bad as harm tolerates",
        CandidateErrorRate = (scenario.ErrorRate * HarmRatio) + HarmPoints,
    };

    private static Offsets OfMargin(double part) => new(part * ErrorMargin, part * LatencyMargin);

    private static IEnumerable<NullCase> At(double[] rates, Scenario scenario) => rates.Select(r => new NullCase(scenario, r, true));

    private static IEnumerable<NullCase> Beyond(double[] rates, Scenario scenario) => rates.Select(r => new NullCase(scenario, r, false));
}
