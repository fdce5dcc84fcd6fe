using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class ShareWindowTests
{
    private static readonly TimeSpan Scrape = TimeSpan.FromSeconds(15);

    private readonly ShareWindow window = new();
    private readonly Queue<(DateTimeOffset From, long Stable, long Candidate)> served = new();
    private DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_770_000_000);
    private ServiceRoute route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 1, "v1");

    [Fact]
    public void Remembers_what_the_candidate_had_without_a_rollout_and_while_one_waits()
    {
        Rounds(6, 80, 20);
        Ask(0);
        Rounds(6, 80, 20);
        Assert.Null(Sample()!.AtZero);
        Ask(1000);
        Rounds(6, 70, 30);
        var sample = Sample()!;
        Assert.Equal((0.2, Weights.AllStable), (sample.AtZero!.Fraction, sample.AtZero.Asked));
        Assert.Equal(0.3, sample.Fraction, 9);
        Assert.Equal(sample.AtZero, sample.Before);
    }

    /// <summary>Half a minute behind now: the last windows of a split come when the next one is in force already.</summary>
    [Fact]
    public void Windows_that_end_before_a_change_are_of_the_split_before_it_and_those_about_it_of_none()
    {
        Ask(0);
        Rounds(4, 100, 0);
        Ask(5000);
        // Some of the proxies still follow.
        Rounds(1, 75, 25);
        Rounds(6, 50, 50);
        var sample = Sample()!;
        Assert.Equal(0, sample.AtZero!.Candidate);
        Assert.Equal(0.5, sample.Fraction, 9);
    }

    [Fact]
    public void What_was_measured_at_0_stays_known_for_the_steps_and_the_rollback_and_the_newest_minutes_count()
    {
        Rounds(60, 0, 100);
        Rounds(60, 90, 10);
        Ask(1000);
        Rounds(8, 80, 20);
        Ask(5000);
        Rounds(8, 45, 55);
        Assert.Equal((0.1, 0.2), (Sample()!.AtZero!.Fraction, Sample()!.Before!.Fraction));
        Assert.Equal("10 %", Sample()!.Before!.Asked.ToString());
        Ask(0);
        Rounds(8, 90, 10);
        Assert.Equal((0.1, 0.55), (Sample()!.AtZero!.Fraction, Sample()!.Before!.Fraction));
    }

    /// <summary>A promoted version serves from the other slot: who sends to it is no floor of the next candidate.</summary>
    [Fact]
    public void Another_stable_slot_begins_anew()
    {
        Rounds(6, 80, 20);
        window.Follow(route, "checkout-canary", now, now + Scrape);
        Rounds(6, 20, 80, "checkout-canary");
        Ask(1000, "checkout-canary");
        Rounds(6, 30, 70, "checkout-canary");
        Assert.Equal(0.8, Sample()!.AtZero!.Fraction, 9);
    }

    [Fact]
    public void Cohorts_with_weights_of_their_own_leave_no_share_to_reckon_with()
    {
        route = new ServiceRoute(
            Keys.Of("shop.checkout"), 2, "v1", "v2", "r",
            new Exposure(Weights.AllStable, [new CohortWeights("employees", Weights.AllCandidate)]));
        Rounds(6, 80, 20);
        Ask(1000);
        Rounds(6, 80, 20);
        Assert.Null(Sample()!.AtZero);
        Assert.Null(Sample()!.Before);
    }

    private ShareSample? Sample() => window.Sample(now, ShareScope.Service);

    private void Ask(int basisPoints, string slot = "checkout-stable")
    {
        route = new ServiceRoute(
            Keys.Of("shop.checkout"), route.Generation + 1, "v1", "v2", "r", Exposure.Of(Weights.OfCandidate(basisPoints)));
        window.Follow(route, slot, now, now + Scrape);
    }

    /// <summary>As the source does: it looks at the route, and then absorbs the window that ended two scrapes ago.</summary>
    private void Rounds(int count, long stable, long candidate, string slot = "checkout-stable")
    {
        for (var i = 0; i < count; i++)
        {
            served.Enqueue((now, stable, candidate));
            now += Scrape;
            window.Follow(route, slot, now, now + Scrape);
            if (served.Peek().From + (3 * Scrape) > now) continue;
            var (from, stableThen, candidateThen) = served.Dequeue();
            window.Add(from, from + Scrape, stableThen, candidateThen);
        }
    }
}
