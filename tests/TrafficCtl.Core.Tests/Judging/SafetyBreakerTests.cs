using TrafficCtl.Core.Judging;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

public sealed class SafetyBreakerTests
{
    [Fact]
    public void Trips_at_the_seventh_failure_in_a_row_of_a_young_rollout()
    {
        var breaker = new SafetyBreaker();
        for (var failure = 1; failure < 7; failure++) Assert.False(breaker.Observe(1, 1, 19, 0, isConcurrent: true));

        Assert.True(breaker.Observe(1, 1, 19, 0, isConcurrent: true));
    }

    [Fact]
    public void Needs_about_twice_as_many_after_an_hour_of_good_service()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 14_400; tick++) breaker.Observe(12, 0, 238, 0, isConcurrent: true);

        var failures = 0;
        do failures++;
        while (!breaker.Observe(1, 1, 19, 0, isConcurrent: true));

        Assert.InRange(failures, 12, 20);
    }

    [Fact]
    public void Trips_after_a_hundred_thousand_good_requests_within_two_ticks_of_total_failure()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 8_000; tick++) breaker.Observe(12, 0, 238, 1, isConcurrent: true);

        breaker.Observe(12, 12, 238, 1, isConcurrent: true);

        Assert.True(breaker.Observe(12, 12, 238, 1, isConcurrent: true));
    }

    [Fact]
    public void Waits_for_stable_answers_before_it_says_that_stable_is_better()
    {
        var breaker = new SafetyBreaker();

        for (var tick = 0; tick < 39; tick++) Assert.False(breaker.Observe(5, 5, 0, 0, isConcurrent: true));
        Assert.False(breaker.Observe(5, 5, 1, 1, isConcurrent: true));
    }

    [Fact]
    public void Takes_the_past_of_stable_when_it_has_been_silent_for_ten_seconds()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 39; tick++) Assert.False(breaker.Observe(1, 1, 0, 0, isConcurrent: true));

        Assert.True(breaker.Observe(1, 1, 0, 0, isConcurrent: true));
    }

    [Fact]
    public void Needs_no_stable_answers_where_there_is_no_stable_traffic()
    {
        var breaker = new SafetyBreaker();

        Assert.True(breaker.Observe(8, 8, 0, 0, isConcurrent: false));
    }

    [Fact]
    public void Compares_with_a_bad_past_of_stable_where_there_is_no_stable_traffic()
    {
        var breaker = new SafetyBreaker();
        for (var tick = 0; tick < 100; tick++) breaker.Observe(0, 0, 100, 25, isConcurrent: true);

        for (var tick = 0; tick < 1000; tick++) Assert.False(breaker.Observe(10, 7, 0, 0, isConcurrent: false));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    [InlineData(0.25)]
    public void Holds_still_in_an_incident_that_both_arms_share(double rate)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var chance = new Random(seed);
            var breaker = new SafetyBreaker();
            for (var tick = 0; tick < 240; tick++) Step(breaker, chance, 12, 0.01, 238, 0.01);
            for (var tick = 0; tick < 240; tick++) Assert.False(Step(breaker, chance, 12, rate, 238, rate), $"seed {seed}, tick {tick}");
        }
    }

    [Fact]
    public void Holds_still_when_a_bad_but_tolerated_candidate_meets_shared_incidents_again_and_again()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var chance = new Random(seed);
            var breaker = new SafetyBreaker();
            for (var tick = 0; tick < 1_000; tick++)
            {
                var isIncident = tick / 40 % 2 == 1;
                Assert.False(Step(breaker, chance, 12, isIncident ? 0.6 : 0.15, 40, isIncident ? 0.25 : 0.001), $"seed {seed}, tick {tick}");
            }
        }
    }

    [Fact]
    public void Holds_still_at_one_percent_of_errors_over_a_hundred_thousand_requests()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var chance = new Random(seed);
            var breaker = new SafetyBreaker();
            for (var tick = 0; tick < 8_400; tick++) Assert.False(Step(breaker, chance, 12, 0.01, 12, 0.001), $"seed {seed}, tick {tick}");
        }
    }

    [Theory]
    [InlineData(0.20, 0.001)]
    [InlineData(0.20, 0.05)]
    [InlineData(0.30, 0.10)]
    [InlineData(0.90, 0.30)]
    public void Holds_still_on_the_bound_in_two_thousand_seeded_rollouts(double candidate, double stable)
    {
        var trips = 0;
        for (var seed = 0; seed < 2_000; seed++)
        {
            var chance = new Random(seed);
            var breaker = new SafetyBreaker();
            for (var tick = 0; tick < 200 && !breaker.IsTripped; tick++) Step(breaker, chance, 6, candidate, 6, stable);
            if (breaker.IsTripped) trips++;
        }

        Assert.Equal(0, trips);
    }

    /// <summary>A request every other tick on each side: most blocks hold one answer of the candidate.</summary>
    [Theory]
    [InlineData(0.20, 0.0)]
    [InlineData(0.20, 0.07)]
    [InlineData(0.30, 0.10)]
    [InlineData(0.95, 0.32)]
    public void Is_not_fooled_by_a_trickle(double candidate, double stable)
    {
        var trips = 0;
        for (var seed = 0; seed < 2_000; seed++)
        {
            var chance = new Random(seed);
            var breaker = new SafetyBreaker();
            for (var tick = 0; tick < 2_000 && !breaker.IsTripped; tick++) Step(breaker, chance, chance.Next(2), candidate, chance.Next(2), stable);
            if (breaker.IsTripped) trips++;
        }

        Assert.InRange(trips, 0, 2);
    }

    /// <summary>By enumeration: one block's bets are worth at most their stake of 1/2 in expectation, at every point of the null.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(400, 20)]
    [InlineData(400, 80)]
    [InlineData(400, 200)]
    public void Bets_are_worth_no_more_than_their_stake_everywhere_in_the_null(int pastRequests, int pastFailures)
    {
        foreach (var candidates in (int[])[1, 3, 8])
            foreach (var stables in (int[])[1, 4, 15])
            {
                var worth = new double[candidates + 1, stables + 1];
                for (var x = 0; x <= candidates; x++)
                    for (var y = 0; y <= stables; y++)
                    {
                        var breaker = new SafetyBreaker();
                        if (pastRequests > 0) breaker.Observe(0, 0, pastRequests, pastFailures, isConcurrent: true);
                        breaker.Observe(candidates, x, stables, y, isConcurrent: true);
                        worth[x, y] = breaker.Evidence;
                    }

                for (var i = 0; i <= 40; i++)
                    for (var j = 0; j <= 40; j++)
                    {
                        double p = i / 40.0, q = j / 40.0;
                        if (p > Math.Max(0.2, 3 * q) + 1e-12) continue;
                        var expected = 0.0;
                        for (var x = 0; x <= candidates; x++)
                            for (var y = 0; y <= stables; y++) expected += Binomial(candidates, x, p) * Binomial(stables, y, q) * worth[x, y];
                        Assert.True(expected <= 0.5 + 1e-12, $"n {candidates}/{stables}, rates {p}/{q}: {expected}");
                    }
            }
    }

    [Fact]
    public void Stakes_sum_to_at_most_one()
    {
        // The rest of the sum is below ∫ dk / (k ln² k) = 1 / ln k.
        var sum = 0.5;
        for (long block = 1; block < 2_000_000; block++) sum += SafetyBreaker.Stake(block);
        var tail = 0.5 * Math.Log(2) / Math.Log(2_000_001);

        Assert.InRange(sum + tail, 0.8, 1);
    }

    [Fact]
    public void Forgets_everything_at_a_reset()
    {
        var breaker = new SafetyBreaker();
        breaker.Observe(100, 100, 100, 0, isConcurrent: true);
        breaker.Reset();

        Assert.False(breaker.IsTripped);
        Assert.Equal(0, breaker.Evidence);
    }

    [Fact]
    public void Allocates_nothing()
    {
        var breaker = new SafetyBreaker();
        breaker.Observe(12, 0, 238, 1, isConcurrent: true);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var tick = 0; tick < 1000; tick++) breaker.Observe(12, 0, 238, 1, isConcurrent: true);
        }));
    }

    private static bool Step(SafetyBreaker breaker, Random chance, int candidates, double candidateRate, int stables, double stableRate) =>
        breaker.Observe(candidates, Draw(chance, candidates, candidateRate), stables, Draw(chance, stables, stableRate), isConcurrent: true);

    private static int Draw(Random chance, int n, double rate)
    {
        var failures = 0;
        for (var i = 0; i < n; i++)
            if (chance.NextDouble() < rate) failures++;
        return failures;
    }

    private static double Binomial(int n, int k, double p)
    {
        var ways = 1.0;
        for (var i = 0; i < k; i++) ways = ways * (n - i) / (i + 1);
        return ways * Math.Pow(p, k) * Math.Pow(1 - p, n - k);
    }
}
