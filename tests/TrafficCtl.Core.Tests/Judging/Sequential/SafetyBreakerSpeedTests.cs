using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>How soon the safety breaker takes a candidate that fails every request to 0, over 200 seeds each.</summary>
public sealed class SafetyBreakerSpeedTests
{
    private const int Runs = 200, Minute = 240, Day = 345_600;

    /// <summary>One by one, so that the tick adds no failures to those that it takes.</summary>
    [Theory]
    [InlineData(1, 0.05, 10 * Minute, 12, 12)]
    [InlineData(1, 0.20, 0, 12, 16)]
    [InlineData(1, 0.20, 10 * Minute, 12, 16)]
    [InlineData(1, 0.50, 10 * Minute, 12, 16)]
    [InlineData(1, 0.95, 0, 12, 16)]
    [InlineData(1, 0.95, 10 * Minute, 12, 16)]
    [InlineData(1, 1.00, 10 * Minute, 12, 16)]
    [InlineData(0.1, 0.20, 10 * Minute, 12, 16)]
    [InlineData(0.1, 0.95, 10 * Minute, 12, 16)]
    public void Trips_within_twelve_failures_however_thin_either_arm_is(
        double requestsPerSecond, double share, int before, int nineOfTen, int worst)
    {
        var failures = Dying(requestsPerSecond, share, before).Select(r => (double)r.Failures).Order().ToArray();

        Assert.InRange(failures[Runs / 2], 10, 11);
        Assert.InRange(failures[Runs * 9 / 10], 10, nineOfTen + 1);
        Assert.InRange(failures[Runs * 99 / 100], 10, worst);
    }

    [Theory]
    [InlineData(1, 0.20)]
    [InlineData(1, 0.95)]
    [InlineData(10, 0.95)]
    [InlineData(200, 0.05)]
    public void Trips_within_eighteen_failures_after_a_day(double requestsPerSecond, double share)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var run = BreakerWorld.Dying(requestsPerSecond, share, Day).Run(seed);
            Assert.NotNull(run.Seconds);
            Assert.InRange(run.Failures, 10, 18);
        }
    }

    /// <summary>Ten requests a second on the candidate. With fewer than 29 requests of both arms no test of this bound can know.</summary>
    [Theory]
    [InlineData(200, 0.05, 1.5, 2.25)]
    [InlineData(100, 0.10, 1.5, 2.5)]
    [InlineData(40, 0.25, 2, 3)]
    [InlineData(20, 0.50, 3, 4.5)]
    [InlineData(10.5, 0.95, 5, 7.5)]
    [InlineData(10, 1.00, 5.25, 8)]
    public void Takes_seconds_at_ten_requests_a_second(double requestsPerSecond, double share, double half, double nineOfTen)
    {
        var seconds = Dying(requestsPerSecond, share, Minute).Select(r => r.Seconds!.Value).Order().ToArray();

        Assert.InRange(seconds[Runs / 2], 0, half);
        Assert.InRange(seconds[Runs * 9 / 10], 0, nineOfTen);
    }

    [Theory]
    [InlineData(1_000, 0.05)]
    [InlineData(500, 0.10)]
    [InlineData(200, 0.25)]
    [InlineData(100, 0.50)]
    [InlineData(52.6, 0.95)]
    [InlineData(50, 1.00)]
    public void Takes_two_seconds_at_fifty_requests_a_second(double requestsPerSecond, double share) =>
        Assert.InRange(Dying(requestsPerSecond, share, 10 * Minute).Max(r => r.Seconds!.Value), 0, 2.25);

    /// <summary>A stable arm that is not well takes more answers, but is no hiding place.</summary>
    [Theory]
    [InlineData(10.5, 0.95, 0.02, 20)]
    [InlineData(10.5, 0.95, 0.05, 40)]
    [InlineData(200, 0.05, 0.05, 10)]
    [InlineData(200, 0.05, 0.10, 20)]
    public void Trips_beside_a_stable_that_fails_now_and_then(double requestsPerSecond, double share, double stable, double seconds)
    {
        var world = BreakerWorld.Dying(requestsPerSecond, share, Minute) with { Rates = _ => tick => (tick < 0 ? stable : 1, stable) };

        var runs = Enumerable.Range(0, Runs).Select(world.Run).ToArray();

        Assert.All(runs, r => Assert.NotNull(r.Seconds));
        Assert.InRange(runs.Select(r => r.Seconds!.Value).Order().ElementAt(Runs * 9 / 10), 0, seconds);
    }

    [Theory]
    [InlineData(200, 0.05, 0.5, 40)]
    [InlineData(50, 1.00, 0.5, 40)]
    [InlineData(10.5, 0.95, 0.7, 60)]
    public void Trips_a_candidate_that_fails_half_of_its_requests(double requestsPerSecond, double share, double rate, double seconds)
    {
        var world = BreakerWorld.Dying(requestsPerSecond, share, Minute) with { Rates = _ => tick => (tick < 0 ? 0.001 : rate, 0.001) };

        Assert.InRange(Enumerable.Range(0, Runs).Max(s => world.Run(s).Seconds ?? double.PositiveInfinity), 0, seconds);
    }

    /// <summary>Failures that take as long as successes are no reason to wait for them to end.</summary>
    [Theory]
    [InlineData(1_000, 0.05, 3)]
    [InlineData(50, 1.00, 5)]
    public void Trips_a_candidate_that_fails_after_up_to_a_second(double requestsPerSecond, double share, double seconds)
    {
        var world = BreakerWorld.Dying(requestsPerSecond, share, Minute) with { Slowest = 4 };

        Assert.InRange(Enumerable.Range(0, Runs).Max(s => world.Run(s).Seconds ?? double.PositiveInfinity), 0, seconds);
    }

    private static IEnumerable<BreakerRun> Dying(double requestsPerSecond, double share, int before)
    {
        var world = BreakerWorld.Dying(requestsPerSecond, share, before);
        return Enumerable.Range(0, Runs).Select(seed =>
        {
            var run = world.Run(seed);
            Assert.NotNull(run.Seconds);
            return run;
        });
    }
}
