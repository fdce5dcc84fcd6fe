using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Services;

/// <summary>The scenarios of the published comparison (statistics 6), nulls first.</summary>
public static class ScenarioCatalog
{
    private static readonly Scenario Bursty = new("", "", true)
    {
        ErrorRate = 0.003,
        Daily = new(0.3, 0.5),
        Noise = new(0.3, 0.03),
        Incidents = new(900, 30, 0.05, 0.10, 1.5, 0.2),
        Clump = 2,
        Offsets = new(0.05 * Math.Sqrt(3), 0.01 * Math.Sqrt(3)), // The offsets of one instance; the candidate's three make 5 % and 1 %.
    };

    public static readonly ImmutableArray<Scenario> All =
    [
        new("null", "the same version again, 0.1 % errors", true),
        new("null_bad3%", "the same again, 3 % errors in both", true) { ErrorRate = 0.03 },
        Bursty with { Name = "null_burst", About = "the same again under bursts: retries, noise, incidents, a day's swing, uneven "
            + "instances" },
        new("null_sticky", "the same again; 1 % of the users always fail, on whichever version they stay", true)
        {
            Crowd = new(0.01, true),
        },
        new("null_warm", "the same again, with errors × 5 and latency × 2 while it starts", true) { WarmUp = new(5, 2, 20) },
        new("null_scanner", "the same again, 2 % client errors in both, and ten scanners who get 404 all day and keep their version", true)
        {
            Refusals = new(0.02, 0.02),
            Scanners = new(10, 0.5),
        },
        new("null_all", "the same again with all signals on: 5 % client errors, sizes, and clients that leave 0.3 % of the requests", true)
        {
            Refusals = new(0.05, 0.05),
            Bodies = new(8192),
            Hangs = new(0.003, 0.003),
        },
        new("null_routes", "the same again, with fifty routes told apart", true) { Routes = Routes.Fifty() },
        new("null_flood", "the same again; six tenths of the requests are for paths that nobody asked for before", true)
        {
            Routes = Routes.Fifty(0.6),
        },
        new("err.1-.2", "errors 0.1 to 0.2 %", false) { CandidateErrorRate = 0.002 },
        new("err.1-1", "errors 0.1 to 1 %", false) { CandidateErrorRate = 0.01 },
        new("err.5-5", "errors 0.5 to 5 %", false) { ErrorRate = 0.005, CandidateErrorRate = 0.05 },
        Bursty with
        {
            Name = "burst_err.3-1.5",
            About = "errors 0.3 to 1.5 % under bursts",
            IsNull = false,
            NullName = "null_burst",
            CandidateErrorRate = 0.015,
        },
        new("p99+20", "the slowest tenth slower by 20 %", false) { SlowerTail = 1.2 },
        new("p99+50", "the slowest tenth slower by half", false) { SlowerTail = 1.5 },
        new("med+10", "all requests slower by 10 %", false) { Slower = 1.1 },
        new("leak", "from minute 10 on latency + 3 % and errors + 0.05 points a minute", false) { Leak = new(600, 0.03, 0.0005) },
        new("routes3%", "routes of 3 % of the traffic fail wholly", false)
        {
            NullName = "null_routes",
            Routes = Routes.With(0.03),
        },
        new("route1%", "a route of 1 % of the traffic fails wholly", false) { NullName = "null_routes", Routes = Routes.With(0.01) },
        new("route.1%", "a route of 0.1 % of the traffic fails wholly", false) { NullName = "null_routes", Routes = Routes.With(0.001) },
        new("users1%", "1 % of the users always fail on it", false) { NullName = "null_sticky", Crowd = new(0.01, false) },
        new("all404", "it answers 404 to everything, stable to 2 %", false) { NullName = "null_all", Refusals = new(0.02, 1) },
        new("all401", "it answers 401 to everything", false) { NullName = "null_all", Refusals = new(0.02, 1, 401) },
        new("10%429", "it answers 429 to a tenth", false) { NullName = "null_all", Refusals = new(0.02, 0.10, 429) },
        new("empty200", "its bodies are empty, and come four times as fast", false)
        {
            NullName = "null_all",
            Slower = 0.25,
            Bodies = new(8192, 0),
        },
        new("hang30%", "three requests in ten hang until their clients leave after 2 s", false)
        {
            NullName = "null_all",
            Hangs = new(0, 0.3),
        },
    ];

    /// <summary>Null when no scenario has that name.</summary>
    public static Scenario? Find(string name)
    {
        foreach (var scenario in All)
            if (string.Equals(scenario.Name, name, StringComparison.Ordinal)) return scenario;
        return null;
    }
}
