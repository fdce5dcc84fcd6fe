using System.Globalization;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>
/// Rollouts whose candidate is never worse than max(20 %, 3 × stable's rate), which the safety breaker may trip once in 10,000.
/// </summary>
/// <remarks>BREAKER_RUNS multiplies the runs of each case; docs/judging.md has the figures of some hundred times as many.</remarks>
public sealed class SafetyBreakerErrorRateTests(ITestOutputHelper output)
{
    private const int Minute = 240, Hour = 60 * Minute, Day = 24 * Hour;

    private static readonly double[] Plan = [0.05, 0.10, 0.25, 0.50, 0.95, 1];

    private static readonly int Multiple = int.Parse(
        Environment.GetEnvironmentVariable("BREAKER_RUNS") ?? "1", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(10, 0.95, 1.0, 1.0)]
    [InlineData(10, 0.95, 0.9, 0.9)]
    [InlineData(10, 0.95, 0.5, 0.5)]
    [InlineData(10, 0.95, 0.75, 0.25)]
    [InlineData(10, 0.95, 1.0, 0.334)]
    [InlineData(10, 1.00, 1.0, 1.0)]
    [InlineData(10, 1.00, 0.5, 0.5)]
    [InlineData(10, 1.00, 0.9, 0.3)]
    [InlineData(50, 1.00, 1.0, 1.0)]
    [InlineData(10, 0.50, 0.6, 0.2)]
    [InlineData(1, 0.20, 1.0, 1.0)]
    [InlineData(1, 0.20, 0.5, 0.5)]
    [InlineData(200, 0.05, 0.6, 0.2)]
    public void Holds_still_when_an_incident_of_both_arms_begins_at_once_and_stays(
        double requestsPerSecond, double share, double candidate,
        double stable) => NeverTrips(300, new BreakerWorld(requestsPerSecond, share)
        {
            Before = Minute,
            Ticks = 4 * Minute,
            Rates = _ => tick => tick < 0 ? (0.001, 0.001) : (candidate, stable),
        });

    [Theory]
    [InlineData(40, 0.05, 0.20, 0)]
    [InlineData(10, 0.20, 0.20, 0)]
    [InlineData(10, 0.95, 0.20, 0)]
    [InlineData(10, 1.00, 0.20, 0)]
    [InlineData(10, 0.50, 0.60, 0.20)]
    [InlineData(10, 0.95, 0.90, 0.30)]
    [InlineData(10, 0.95, 0.30, 0.10)]
    [InlineData(1, 0.20, 0.20, 0.067)]
    public void Holds_still_on_the_bound_for_an_hour(double requestsPerSecond, double share, double candidate, double stable) =>
        NeverTrips(40, new BreakerWorld(requestsPerSecond, share) { Ticks = Hour, Rates = _ => _ => (candidate, stable) });

    [Theory]
    [InlineData(10, 0.95, 0.001, 0.001)]
    [InlineData(10, 0.95, 0.20, 0)]
    [InlineData(40, 0.05, 0.20, 0)]
    public void Holds_still_for_a_day(double requestsPerSecond, double share, double candidate, double stable) =>
        NeverTrips(3, new BreakerWorld(requestsPerSecond, share) { Ticks = Day, Rates = _ => _ => (candidate, stable) });

    [Theory]
    [InlineData(10, 0.95, 1.0, 0.001)]
    [InlineData(50, 0.95, 1.0, 0.001)]
    [InlineData(50, 1.00, 1.0, 0.001)]
    [InlineData(10, 0.95, 0.6, 0.001)]
    [InlineData(10, 0.95, 1.0, 0.20)]
    public void Holds_still_in_bursts_that_both_arms_share(double requestsPerSecond, double share, double inBursts, double between) =>
        NeverTrips(40, new BreakerWorld(requestsPerSecond, share) { Ticks = Hour, Rates = chance => Bursts(chance, inBursts, between) });

    /// <summary>
    /// The default plan in two hours or in a day, with a shared incident of some seconds every two or every five minutes.
    /// </summary>
    [Theory]
    [InlineData(10, 20, 2, 1, 0)]
    [InlineData(10, 20, 2, 3, 0)]
    [InlineData(10, 20, 2, 1, 4)]
    [InlineData(50, 20, 2, 2, 0)]
    [InlineData(2, 240, 5, 1, 0)]
    public void Holds_still_in_incidents_during_a_whole_plan(
        double requestsPerSecond, int minutesEach, int minutesBetween, double harder, int slowest) =>
        NeverTrips(minutesEach > 100 ? 4 : 40, new BreakerWorld(requestsPerSecond, Plan[0])
        {
            Ticks = Plan.Length * minutesEach * Minute,
            ShareAt = tick => Plan[tick / (minutesEach * Minute)],
            Rates = chance => Incidents(chance, minutesBetween * Minute, harder),
            Slowest = slowest,
        });

    /// <summary>AR(1) with 0.98 a tick and a standard deviation of a factor of 7 about 1 %.</summary>
    [Theory]
    [InlineData(10, 0.95, 1)]
    [InlineData(10, 0.50, 3)]
    [InlineData(1, 0.20, 1)]
    public void Holds_still_where_the_rate_of_both_arms_wanders(double requestsPerSecond, double share, double harder) =>
        NeverTrips(40, new BreakerWorld(requestsPerSecond, share) { Ticks = Hour, Rates = chance => Wandering(chance, harder) });

    [Theory]
    [InlineData(10, 0.20)]
    [InlineData(10, 0.95)]
    public void Holds_still_where_every_failure_comes_three_times(double requestsPerSecond, double share) =>
        NeverTrips(40, new BreakerWorld(requestsPerSecond, share) { Ticks = Hour, Attempts = 3, Rates = _ => _ => (0.01, 0.01) });

    private void NeverTrips(int runs, BreakerWorld world)
    {
        runs *= Multiple;
        var (trips, confirmations) = (0, 0L);
        for (var seed = 1; seed <= runs; seed++)
        {
            var run = world.Run(seed);
            if (run.Seconds is not null) trips++;
            confirmations += run.Confirmations;
        }

        output.WriteLine($"{trips} of {runs} tripped; stable was asked {confirmations / (double)runs:0.0} times in a run");
        Assert.InRange(trips, 0, Allowed(runs));
    }

    /// <summary>What 1 in 10,000 exceeds at most once in 100,000 such cases; 0 in the runs that every build makes.</summary>
    private static int Allowed(int runs)
    {
        var (mean, count) = (runs * 1e-4, 0);
        if (mean < 0.1) return 0;
        for (double term = Math.Exp(-mean), sum = term; 1 - sum > 1e-5; sum += term) term *= mean / ++count;
        return count;
    }

    private static Func<int, (double, double)> Bursts(Random chance, double rate, double between)
    {
        var (until, next) = (-1, chance.Next(40));
        return tick =>
        {
            if (tick >= next && tick > until) (until, next) = (tick + 1 + chance.Next(11), tick + 12 + chance.Next(80));
            return tick <= until ? (rate, rate) : (between, 0.001);
        };
    }

    private static Func<int, (double, double)> Incidents(Random chance, double ticksBetween, double harder)
    {
        double rate = 0, until = -1, next = Exponential(chance, ticksBetween);
        return tick =>
        {
            if (tick >= next && tick > until)
            {
                rate = chance.NextDouble() < 0.3 ? 1 : 0.2 + (0.8 * chance.NextDouble());
                until = tick + 1 + Exponential(chance, 40);
                next = until + Exponential(chance, ticksBetween);
            }

            return tick <= until ? (rate, rate / harder) : (0.002, 0.002);
        };
    }

    private static Func<int, (double, double)> Wandering(Random chance, double harder)
    {
        var log = 0.0;
        return _ =>
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble());
            log = (0.98 * log) + (Math.Sqrt(1 - (0.98 * 0.98)) * 2 * normal);
            var rate = Math.Min(1, 0.01 * Math.Exp(log));
            return (Math.Min(1, harder * rate), rate);
        };
    }

    private static double Exponential(Random chance, double mean) => -Math.Log(1 - chance.NextDouble()) * mean;
}
