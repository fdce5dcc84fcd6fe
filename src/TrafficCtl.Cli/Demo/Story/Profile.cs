using System.Collections.Immutable;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>The times of a delivery file.</summary>
internal sealed record Times(
    TimeSpan Tick, TimeSpan Dwell, TimeSpan ErrorWarmUp, TimeSpan LatencyWarmUp, TimeSpan Holdback, TimeSpan Watch, TimeSpan UnsureHold);

/// <summary>The times and rates of one demonstration. Error rates and margins are always the product's own.</summary>
/// <param name="Rate">Requests per second, in all.</param>
/// <param name="StableOnly">Traffic before v2 is published.</param>
/// <param name="LeakAfter">Into the holdback.</param>
/// <param name="LeakPerSecond">Latency added per second, as a fraction of what it was.</param>
internal sealed record Profile(
    DemoScenario Scenario, bool IsFast, Times Times, int Rate, TimeSpan StableOnly, TimeSpan LeakAfter, double LeakPerSecond)
{
    public const int Users = 20_000;

    /// <summary>Well above what timers and a busy machine add, so that the tail is the version's own.</summary>
    public const double MedianMilliseconds = 200;
    public const double Sigma = 0.25;
    public const double ErrorShare = 0.05;
    public const double SlowFactor = 1.5;

    /// <summary>The product's own, as <see cref="Scaled"/> compares them.</summary>
    public static readonly Times Usual = new(
        Seconds(5), Seconds(60), Seconds(30), Seconds(60), TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(2));

    public static readonly TimeSpan IncidentLength = TimeSpan.FromSeconds(10);

    /// <param name="rate">Requests per second that the machine carries; with fewer of them the same evidence takes longer.</param>
    public static Profile Of(DemoScenario scenario, bool fast, int rate)
    {
        var profile = fast
            ? new Profile(
                scenario, true,
                new Times(Seconds(1), Seconds(5), Seconds(10), Seconds(20), Seconds(15), Seconds(5), Seconds(
                    scenario == DemoScenario.Burst ? 45 : 120)),
                rate, Seconds(10), Seconds(5), 0.03)
            : new Profile(
                scenario, false,
                Usual with { Holdback = TimeSpan.FromMinutes(8), Watch = Seconds(30), UnsureHold = TimeSpan.FromMinutes(10) },
                rate, Seconds(10), Seconds(30), 0.005);

        // A leak is to be found within the holdback, and the deadline of a step is to end none that is only slow: the demonstration gives
        // up sooner. An incident may end at it.
        if (fast && scenario == DemoScenario.Leak)
            profile = profile.With(profile.Times with { Holdback = Seconds(rate >= 800 ? 60 : 120) });
        var step = Expectation.LongestStep(profile.Times with { Holdback = TimeSpan.Zero }, rate);
        var enough = Whole(scenario == DemoScenario.Burst ? step * 1.5 : Expectation.Of(profile).Most);
        return enough > profile.Times.UnsureHold ? profile.With(profile.Times with { UnsureHold = enough }) : profile;
    }

    private Profile With(Times times) => this with { Times = times };

    /// <summary>Every difference from the product's defaults, in words.</summary>
    public ImmutableArray<string> Scaled
    {
        get
        {
            var scaled = ImmutableArray.CreateBuilder<string>();
            Add("tick", Times.Tick, Usual.Tick);
            Add("dwell", Times.Dwell, Usual.Dwell);
            Add("warm-up of errors", Times.ErrorWarmUp, Usual.ErrorWarmUp);
            Add("warm-up of latency", Times.LatencyWarmUp, Usual.LatencyWarmUp);
            Add("holdback", Times.Holdback, Usual.Holdback);
            Add("watch", Times.Watch, Usual.Watch);
            Add("unsure deadline", Times.UnsureHold, Usual.UnsureHold);
            return scaled.ToImmutable();

            void Add(string what, TimeSpan here, TimeSpan usual)
            {
                if (here != usual) scaled.Add($"{what} {Word(here)} instead of {Word(usual)}");
            }
        }
    }

    internal static string Word(TimeSpan span) => PrintedUnits.Span(span);

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>The next ten seconds: a file has no fractions.</summary>
    private static TimeSpan Whole(TimeSpan span) => Seconds((int)Math.Ceiling(span.TotalSeconds / 10) * 10);
}
