using TrafficCtl.Cli.Demo.Pacing;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>How long a demonstration takes at its rate, from the first request to its end.</summary>
/// <param name="Typical">Half of the runs take less.</param>
/// <param name="Most">It gives up then.</param>
internal sealed record Expectation(TimeSpan Typical, TimeSpan Most)
{
    /// <summary>Shares of the candidate at the steps of the demonstration's file.</summary>
    private static readonly double[] Shares = [0.05, 0.10, 0.25, 0.50, 0.95];

    /// <summary>
    /// Requests of a candidate without errors, since the warm-up, with which each step is passed: ln 20 over the margin of errors
    /// (0.4, 0.2, 0.2, 0.1 and 0.1 points: statistics 3.5), and a fifth more for the bets.
    /// </summary>
    private static readonly double[] Needed = [900, 1800, 1800, 3600, 3600];

    /// <summary>Bad answers that show harm of 5 % errors; seconds that show a latency up by half, or a leak, at the full rate.</summary>
    private const double BadForHarm = 24, SlowSeconds = 5, LeakSeconds = 15;

    /// <summary>Requests of the candidate that show its p99 to be within the first step's margin.</summary>
    private const double NeededForLatency = 600;

    /// <summary>From the last request of the measurement to the first of the demonstration, and from the outcome to the summary.</summary>
    private const double Around = 6;

    /// <summary>Both, as a person says it.</summary>
    public string Words => $"about {Profile.Word(Rounded(Typical))}, at most {Profile.Word(Rounded(Most))}";

    public static Expectation Of(Profile profile)
    {
        var typical = Around + profile.StableOnly.TotalSeconds + Math.Max(0, profile.Scenario switch
        {
            DemoScenario.Good => Reach(profile, Shares.Length) + profile.Times.Watch.TotalSeconds,
            DemoScenario.Burst => Math.Max(
                Reach(profile, 1) + profile.Times.UnsureHold.TotalSeconds,
                Reach(profile, Shares.Length) + profile.Times.Watch.TotalSeconds),
            DemoScenario.Leak => Reach(profile, Shares.Length - 1) + profile.LeakAfter.TotalSeconds
                + (LeakSeconds * Math.Sqrt(Slower(profile)) * (0.03 / profile.LeakPerSecond)),
            DemoScenario.Errors => BadForHarm / (Profile.ErrorShare * Shares[0] * profile.Rate),
            DemoScenario.Slow => profile.Times.LatencyWarmUp.TotalSeconds + (SlowSeconds * Slower(profile)),
            DemoScenario.Down => Director.KillAfter.TotalSeconds + (2 * Slower(profile)),
            _ => throw new System.Diagnostics.UnreachableException(),
        });
        return new(TimeSpan.FromSeconds(typical), TimeSpan.FromSeconds((3 * typical) + 120));
    }

    /// <summary>The longest that one step should wait for its evidence.</summary>
    public static TimeSpan LongestStep(Times times, int rate)
    {
        var (longest, at) = (0.0, 0.0);
        for (var step = 1; step <= Shares.Length; step++)
        {
            var next = Reach(times, rate, step);
            (longest, at) = (Math.Max(longest, next - at), next);
        }

        return TimeSpan.FromSeconds(longest);
    }

    /// <summary>Up to ten seconds, from two minutes on to a minute.</summary>
    private static TimeSpan Rounded(TimeSpan span) => span < TimeSpan.FromMinutes(2)
        ? TimeSpan.FromSeconds(Math.Ceiling(span.TotalSeconds / 10) * 10)
        : TimeSpan.FromMinutes(Math.Ceiling(span.TotalMinutes));

    private static double Slower(Profile profile) => (double)Pace.Full / profile.Rate;

    private static double Reach(Profile profile, int steps) => Reach(profile.Times, profile.Rate, steps);

    /// <summary>
    /// Seconds from the candidate's first request until so many steps are passed; each takes a tick to begin and one to end.
    /// </summary>
    private static double Reach(Times times, int rate, int steps)
    {
        var (seconds, requests) = (0.0, 0.0);
        for (var step = 0; step < steps; step++)
        {
            var perSecond = Shares[step] * rate;
            var warm = Math.Max(0, times.ErrorWarmUp.TotalSeconds - seconds);
            var dwell = step == Shares.Length - 1 ? times.Holdback : times.Dwell;
            var stay = Math.Max(dwell.TotalSeconds, warm + Math.Max(0, (Needed[step] - requests) / perSecond));
            var latency = Math.Max(0, times.LatencyWarmUp.TotalSeconds - seconds) + (step == 0 ? NeededForLatency / perSecond : 0);
            stay = Math.Max(stay, latency) + (2 * times.Tick.TotalSeconds);
            requests += perSecond * Math.Max(0, stay - warm);
            seconds += stay;
        }

        return seconds;
    }
}
