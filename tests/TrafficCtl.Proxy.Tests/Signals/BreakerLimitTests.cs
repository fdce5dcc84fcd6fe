using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

/// <summary>
/// Where stable has too little traffic to tell an incident from a dead candidate, the breaker gives it some of the candidate's.
/// </summary>
public sealed class BreakerLimitTests : IDisposable
{
    private static readonly Weights Asking = Weights.OfCandidate(1_500);

    private readonly Bench bench = new();
    private double dueCandidate, dueStable;

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Lowers_a_candidate_that_looks_dead_and_says_so()
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        Assert.Equal(Exposure.Of(Asking), bench.Serving.Effective);
        Assert.Equal(9_500, bench.Serving.Route.Exposure.General.Candidate);
        var status = bench.Observe();
        Assert.Equal((Exposure.Of(Asking), null), (status.EffectiveExposure, status.Trip));
        Assert.Equal(
            "v2 gets at most 15 % for the moment: it fails, and the safety breaker looks whether v1 fails as well", status.Withheld);
        Assert.Equal(bench.Clock.GetUtcNow(), bench.Read().LimitedAt);
        Assert.Equal(Asking, bench.Router.Totals()[0].Effective.General);
        var line = Assert.Single(bench.Log.Entries, e => e.Level == LogLevel.Warning);
        Assert.Equal(
            "checkout: the safety breaker limits rollout checkout-default-1 to 15 % until the answers of v1 tell whether only the "
                + "candidate fails: the candidate failed 3 of 3 requests, stable 0 of 0 requests",
            line.Text);
    }

    [Fact]
    public void Lowers_a_cohort_of_its_own_too()
    {
        bench.Apply(
            Bench.Route(1, 0) with { Exposure = new Exposure(Weights.AllStable, [new CohortWeights("staff", Weights.AllCandidate)]) });
        bench.Send(Arm.Candidate, 3, Outcome.ServerError, cohort: 1);
        bench.Tick();

        Assert.Equal((Weights.AllStable, Asking), (bench.Serving.WeightsOf(0), bench.Serving.WeightsOf(1)));
    }

    [Fact]
    public void Leaves_a_candidate_with_less_as_it_is()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
        Assert.Null(bench.Observe().Withheld);
        Assert.Null(bench.Read().LimitedAt);
        Assert.DoesNotContain(bench.Log.Entries, e => e.Level == LogLevel.Warning);
    }

    [Theory]
    [InlineData(Outcome.ServerError, Outcome.ServerError)]
    [InlineData(Outcome.Success, Outcome.Success)]
    public void Gives_the_share_back_when_stable_fails_as_well_or_the_candidate_recovers(Outcome candidate, Outcome stable)
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();
        for (var i = 0; i < 8; i++) SendTick(10, candidate, stable);

        Assert.Equal(9_500, bench.Serving.Effective.General.Candidate);
        Assert.Null(bench.Observe().Withheld);
        Assert.Null(bench.Observe().Trip);
        Assert.Contains(
            bench.Log.Entries, e => e.Text.Contains("gives rollout checkout-default-1 its share back", StringComparison.Ordinal));
    }

    /// <summary>Ten a second at 95 %, one a second at 20 % and at 100 %: also ten minutes after it came.</summary>
    [Theory]
    [InlineData(10, 9_500, 0, 12, 6)]
    [InlineData(10, 9_500, 2_400, 12, 6)]
    [InlineData(10, 10_000, 2_400, 12, 6)]
    [InlineData(20, 5_000, 2_400, 12, 4)]
    [InlineData(1, 2_000, 0, 12, 70)]
    [InlineData(1, 2_000, 2_400, 12, 70)]
    [InlineData(1, 9_500, 2_400, 12, 70)]
    [InlineData(1, 10_000, 2_400, 12, 70)]
    public void Takes_a_candidate_that_dies_to_0_within_a_dozen_failures(
        double requestsPerSecond, int weight, int goodTicks, int failures, int seconds)
    {
        bench.Apply(Bench.Route(1, weight));
        for (var tick = 0; tick < goodTicks; tick++) SendTick(requestsPerSecond, Outcome.Success, Outcome.Success);
        Assert.Equal(weight, bench.Serving.Effective.General.Candidate);

        var (death, failed) = (bench.Clock.GetUtcNow(), 0);
        while (!bench.Serving.IsLatched && bench.Clock.GetUtcNow() - death < TimeSpan.FromMinutes(5))
            failed += SendTick(requestsPerSecond, Outcome.ConnectFailure, Outcome.Success);

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.InRange(failed, 8, failures);
        Assert.InRange(bench.Clock.GetUtcNow() - death, TimeSpan.Zero, TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(9_500)]
    [InlineData(10_000)]
    public void Takes_a_candidate_that_dies_at_50_requests_a_second_to_0_within_two_seconds(int weight)
    {
        bench.Apply(Bench.Route(1, weight));
        for (var tick = 0; tick < 2_400; tick++) SendTick(500_000.0 / weight, Outcome.Success, Outcome.Success);

        var death = bench.Clock.GetUtcNow();
        while (!bench.Serving.IsLatched && bench.Clock.GetUtcNow() - death < TimeSpan.FromMinutes(1))
            SendTick(500_000.0 / weight, Outcome.ConnectFailure, Outcome.Success);

        Assert.InRange(bench.Clock.GetUtcNow() - death, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(9_500)]
    [InlineData(10_000)]
    public void Holds_still_in_an_incident_that_both_arms_share_however_thin_stable_was(int weight)
    {
        bench.Apply(Bench.Route(1, weight));
        for (var tick = 0; tick < 400; tick++) SendTick(10, Outcome.Success, Outcome.Success);
        for (var tick = 0; tick < 400; tick++) SendTick(10, Outcome.ServerError, Outcome.ServerError);
        for (var tick = 0; tick < 80; tick++) SendTick(10, Outcome.Success, Outcome.Success);

        Assert.Null(bench.Observe().Trip);
        Assert.Equal(weight, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void Moves_nothing_to_a_stable_without_a_live_endpoint()
    {
        bench.Apply(Bench.Route(1, 10_000));
        bench.Health.Live["v1"] = 0;
        for (var tick = 0; tick < 40; tick++) SendTick(10, Outcome.ServerError, Outcome.Success);

        Assert.Equal(Exposure.All, bench.Serving.Effective);
        Assert.Equal(1, bench.Router.Totals()[0].Alarms);

        bench.Health.Live["v1"] = 1;
        for (var tick = 0; tick < 40; tick++) SendTick(10, Outcome.ServerError, Outcome.Success);
        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Takes_the_limit_back_when_the_last_endpoint_of_stable_dies()
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();
        Assert.Equal(Asking, bench.Serving.Effective.General);

        bench.Health.Live["v1"] = 0;
        bench.Tick();

        Assert.Equal(9_500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void Begins_anew_when_the_weight_is_changed()
    {
        bench.Apply(Bench.Route(1, 5_000));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();
        Assert.Equal(Asking, bench.Serving.Effective.General);

        bench.Apply(Bench.Route(2, 9_500));
        Assert.Equal(Asking, bench.Serving.Effective.General);
        bench.Tick();

        Assert.Equal(9_500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void Does_not_limit_the_next_rollout()
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        bench.Apply(Bench.Route(2, 5_000, "checkout-default-2", "v3"));

        Assert.Equal(5_000, bench.Serving.Effective.General.Candidate);
        Assert.Null(bench.Read().LimitedAt);
    }

    [Fact]
    public async Task An_abort_while_stable_is_asked_takes_the_candidate_to_0_and_says_what_it_is()
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        await bench.Router.AbortAsync(
            new Wish(0, Keys.Of(Bench.Service), WishKind.Abort, null, "ann", "on fire", "127.0.0.1", bench.Clock.GetUtcNow()), default);
        bench.Tick();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains("by an abort", bench.Observe().Withheld, StringComparison.Ordinal);
    }

    /// <summary>The latch of a trip survives a restart, the question does not: it is asked again.</summary>
    [Fact]
    public void Asks_again_after_a_restart()
    {
        bench.Apply(Bench.Route(1, 9_500));
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        bench.Restart();
        Assert.Equal(9_500, bench.Serving.Effective.General.Candidate);
        bench.Send(Arm.Candidate, 3, Outcome.ServerError);
        bench.Tick();

        Assert.Equal(Asking, bench.Serving.Effective.General);
    }

    /// <summary>Evenly spread traffic of one tick, split as the proxy splits it now; how many requests the candidate got.</summary>
    private int SendTick(double requestsPerSecond, Outcome candidate, Outcome stable)
    {
        var share = bench.Serving.Effective.General.Fraction;
        dueCandidate += requestsPerSecond / 4 * share;
        dueStable += requestsPerSecond / 4 * (1 - share);
        var (candidates, stables) = ((int)(dueCandidate + 1e-9), (int)(dueStable + 1e-9));
        bench.Send(Arm.Candidate, candidates, candidate);
        bench.Send(Arm.Stable, stables, stable);
        (dueCandidate, dueStable) = (dueCandidate - candidates, dueStable - stables);
        bench.Tick();
        return candidates;
    }
}
