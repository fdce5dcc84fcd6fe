using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

public sealed class SafetyBreakerTests
{
    private const int Unlimited = 10_000, Asking = 1_500;

    [Fact]
    public void Trips_at_the_ninth_failure_in_a_row_beside_a_busy_stable()
    {
        var breaker = new SafetyBreaker();
        for (var failure = 1; failure < 9; failure++) Assert.False(breaker.Observe(new BreakerTick(1, 1, 0, 19, 0)));

        Assert.True(breaker.Observe(new BreakerTick(1, 1, 0, 19, 0)));
    }

    [Theory]
    [InlineData(2_400, 12)]
    [InlineData(345_600, 18)]
    public void Needs_little_more_after_long_good_service(int ticks, int most)
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < ticks; tick++) breaker.Observe(new BreakerTick(1, 0, 0, 19, 0));

        var failures = 0;
        do failures++;
        while (!breaker.Observe(new BreakerTick(1, 1, 0, 19, 0)));

        Assert.InRange(failures, 10, most);
    }

    [Fact]
    public void Trips_in_the_tick_in_which_a_dozen_failures_end()
    {
        var young = new SafetyBreaker();
        Assert.True(young.Observe(new BreakerTick(12, 12, 0, 238, 0)));

        var afterTenMinutes = new SafetyBreaker();
        for (var tick = 0; tick < 2_400; tick++) afterTenMinutes.Observe(new BreakerTick(12, 0, 0, 238, 0));
        Assert.True(afterTenMinutes.Observe(new BreakerTick(12, 12, 0, 238, 0)));
    }

    /// <summary>One request a second at 20 %: four ticks in five bring an answer of stable and none of the candidate.</summary>
    [Fact]
    public void Counts_what_stable_answered_since_the_candidate_was_last_asked()
    {
        var breaker = new SafetyBreaker();
        int tick = 0, failures = 0;
        for (var isTripped = false; !isTripped; tick++)
        {
            isTripped = tick % 20 == 19
                ? breaker.Observe(new BreakerTick(1, 1, 0, 0, 0))
                : breaker.Observe(new BreakerTick(0, 0, 0, tick % 4 == 3 ? 1 : 0, 0));
            if (tick % 20 == 19) failures++;
        }

        Assert.InRange(failures, 10, 12);
    }

    [Fact]
    public void Asks_stable_after_three_failures_in_a_row()
    {
        var breaker = new SafetyBreaker();
        breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));
        breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));
        Assert.Equal(Unlimited, breaker.Limit);

        breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));

        Assert.Equal(Asking, breaker.Limit);
    }

    [Fact]
    public void Trips_on_what_stable_answers_when_it_is_asked()
    {
        var breaker = Doubting();
        for (var i = 0; i < 5; i++) Assert.False(breaker.Observe(new BreakerTick(1, 1, 0, 6, 0)));
        breaker.Observe(new BreakerTick(1, 1, 0, 6, 0));

        Assert.True(breaker.Observe(new BreakerTick(1, 1, 0, 6, 0)));
    }

    [Fact]
    public void Holds_still_and_gives_the_share_back_when_stable_fails_as_well()
    {
        var breaker = Doubting();
        var ticks = 0;
        while (breaker.Limit == Asking && ticks++ < 20) Assert.False(breaker.Observe(new BreakerTick(1, 1, 0, 2, 2)));

        Assert.InRange(ticks, 1, 4);
        Assert.Equal(Unlimited, breaker.Limit);
    }

    [Fact]
    public void Asks_a_stable_that_failed_again_after_five_seconds_and_then_ever_later()
    {
        var breaker = new SafetyBreaker();
        var asked = new List<int>();
        for (var tick = 0; tick < 800; tick++)
        {
            var before = breaker.Limit;
            Assert.False(breaker.Observe(new BreakerTick(2, 2, 0, before == Asking ? 4 : 0, before == Asking ? 4 : 0)));
            if (breaker.Limit < before) asked.Add(tick);
        }

        var waits = asked.Zip(asked.Skip(1), (a, b) => (b - a) / 4).ToArray();
        int[] least = [5, 10, 20, 40, 40];
        Assert.All(waits.Take(least.Length).Zip(least), w => Assert.InRange(w.First, w.Second, w.Second + 10));
    }

    [Fact]
    public void Gives_the_share_back_when_the_candidate_answers_well_again()
    {
        var breaker = Doubting();
        for (var tick = 0; tick < 4; tick++) breaker.Observe(new BreakerTick(1, 0, 0, 6, 0));

        Assert.Equal(Unlimited, breaker.Limit);
    }

    [Fact]
    public void Takes_more_to_ask_again()
    {
        var breaker = Doubting();
        for (var tick = 0; tick < 4; tick++) breaker.Observe(new BreakerTick(1, 0, 0, 6, 0));
        for (var failure = 0; failure < 3; failure++) breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));
        Assert.Equal(Unlimited, breaker.Limit);

        breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));

        Assert.Equal(Asking, breaker.Limit);
    }

    [Fact]
    public void Decides_nothing_where_stable_never_answers_but_knows_that_the_candidate_fails()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 100; tick++) Assert.False(breaker.Observe(new BreakerTick(10, 10, 0, 0, 0)));

        Assert.True(breaker.IsFailing);
        Assert.Equal(Asking, breaker.Limit);
    }

    [Fact]
    public void Takes_no_past_of_stable_for_an_answer()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 10_000; tick++) breaker.Observe(new BreakerTick(10, 0, 0, 100, 0));

        for (var tick = 0; tick < 100; tick++) Assert.False(breaker.Observe(new BreakerTick(10, 10, 0, 0, 0)));
    }

    [Fact]
    public void Asks_less_readily_beside_a_stable_that_has_failed_before()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 200; tick++) breaker.Observe(new BreakerTick(0, 0, 0, 20, 5));
        for (var failure = 0; failure < 10; failure++) breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));

        Assert.Equal(Unlimited, breaker.Limit);
    }

    [Fact]
    public void Compares_nothing_over_a_change_of_the_split()
    {
        var breaker = Doubting();
        for (var i = 0; i < 6; i++) breaker.Observe(new BreakerTick(1, 1, 0, 6, 0));
        breaker.Resplit();

        Assert.Equal(Unlimited, breaker.Limit);
        Assert.False(breaker.Observe(new BreakerTick(1, 1, 0, 6, 0)));
    }

    /// <summary>When stable is asked, what was on its way to the candidate belongs to the split before.</summary>
    [Fact]
    public void Leaves_out_what_was_on_its_way_when_it_began_to_ask()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 2_400; tick++) breaker.Observe(new BreakerTick(1, 0, 7, 19, 0));
        for (var failure = 0; failure < 3; failure++) breaker.Observe(new BreakerTick(1, 1, 7, 0, 0));
        Assert.Equal(Asking, breaker.Limit);

        Assert.False(breaker.Observe(new BreakerTick(7, 7, 0, 35, 0)));
        Assert.True(breaker.Observe(new BreakerTick(7, 7, 0, 0, 0)));
    }

    [Fact]
    public void Counts_what_is_on_its_way_as_good_until_it_fails()
    {
        var breaker = Doubting();
        for (var tick = 1; tick <= 8; tick++) Assert.False(breaker.Observe(new BreakerTick(2, 2, 18 * tick, 20, 0)));
    }

    [Fact]
    public void Forgets_everything_at_a_reset()
    {
        var breaker = new SafetyBreaker();
        breaker.Observe(new BreakerTick(100, 100, 0, 100, 0));
        breaker.Reset();

        Assert.False(breaker.IsTripped);
        Assert.Equal((0, Unlimited), (breaker.Evidence, breaker.Limit));
    }

    [Fact]
    public void Trips_at_any_rate_of_requests()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 100; tick++) breaker.Observe(new BreakerTick(250_000, 20, 0, 250_000, 20));
        for (var tick = 0; tick < 3; tick++) breaker.Observe(new BreakerTick(250_000, 250_000, 0, 250_000, 20));

        Assert.True(breaker.IsTripped);
        Assert.True(double.IsFinite(breaker.Evidence));
    }

    [Fact]
    public void Allocates_nothing()
    {
        var breaker = new SafetyBreaker();
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            breaker.Reset();
            for (var tick = 0; tick < 1000; tick++) breaker.Observe(new BreakerTick(12, 0, 3, 238, 1));
            for (var tick = 0; tick < 100; tick++) breaker.Observe(new BreakerTick(12, 12, 3, 0, 0));
        }));
    }

    private static SafetyBreaker Doubting()
    {
        var breaker = new SafetyBreaker();
        for (var failure = 0; failure < 3; failure++) breaker.Observe(new BreakerTick(1, 1, 0, 0, 0));
        Assert.Equal(Asking, breaker.Limit);
        return breaker;
    }
}
