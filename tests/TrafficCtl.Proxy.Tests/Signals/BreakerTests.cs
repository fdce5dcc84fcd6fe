using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class BreakerTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Trips_one_tick_after_a_dozen_failures_in_a_row()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 12, Outcome.ConnectFailure);
        bench.Send(Arm.Stable, 238);
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);

        bench.Tick();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Equal(500, bench.Serving.Route.Exposure.General.Candidate);
        var status = bench.Observe();
        Assert.Equal(Exposure.None, status.EffectiveExposure);
        Assert.Equal("checkout-default-1", status.Trip!.RolloutId);
        Assert.Contains("failed 12 of 12 requests", status.Trip.Why, StringComparison.Ordinal);
        Assert.Equal((true, 1), (bench.Router.Totals()[0].Latched, bench.Router.Totals()[0].Trips));
    }

    [Theory]
    [InlineData(500, 0)]
    [InlineData(500, 2_400)]
    [InlineData(1_000, 0)]
    [InlineData(1_000, 2_400)]
    [InlineData(2_500, 0)]
    [InlineData(2_500, 2_400)]
    [InlineData(5_000, 0)]
    [InlineData(5_000, 2_400)]
    public void Takes_a_candidate_that_dies_at_50_requests_a_second_to_0_within_two_seconds(int weight, int goodTicks)
    {
        bench.Apply(Bench.Route(1, weight));
        double candidate = 0, stable = 0;
        for (var tick = 0; tick < goodTicks; tick++) SendTick(Outcome.Success);
        Assert.Equal(weight, bench.Serving.Effective.General.Candidate);

        var death = bench.Clock.GetUtcNow();
        while (!bench.Serving.IsLatched && bench.Clock.GetUtcNow() - death < TimeSpan.FromMinutes(1)) SendTick(Outcome.ConnectFailure);

        Assert.InRange(bench.Clock.GetUtcNow() - death, TimeSpan.Zero, TimeSpan.FromSeconds(2));

        void SendTick(Outcome outcome)
        {
            candidate += 50 * 0.25;
            stable += 50 * 0.25 * (10_000 - weight) / weight;
            bench.Send(Arm.Candidate, (int)candidate, outcome);
            bench.Send(Arm.Stable, (int)stable);
            (candidate, stable) = (candidate - (int)candidate, stable - (int)stable);
            bench.Tick();
        }
    }

    [Fact]
    public void Takes_a_candidate_that_hangs_until_its_clients_leave_to_0_and_says_that_they_left()
    {
        bench.Send(Arm.Stable, 1_000);
        bench.Apply(Bench.Route(1, 5000));
        for (var i = 0; i < 16 && !bench.Serving.IsLatched; i++)
        {
            bench.Leave(Arm.Candidate, 6, 2);
            bench.Send(Arm.Stable, 6);
            bench.Tick();
        }

        Assert.Contains("of them abandoned by their clients", bench.Observe().Trip?.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_not_tripped_by_clients_that_leave_sooner_than_stable_usually_answers()
    {
        bench.Send(Arm.Stable, 1_000);
        bench.Apply(Bench.Route(1, 5000));
        for (var i = 0; i < 400; i++)
        {
            bench.Leave(Arm.Candidate, 50, 0.0005);
            bench.Send(Arm.Stable, 6);
            bench.Tick();
        }

        Assert.Null(bench.Observe().Trip);
    }

    [Fact]
    public void Is_not_tripped_by_one_user_whose_every_request_fails_beside_others()
    {
        bench.Apply(Bench.Route(1, 5000));
        for (var i = 0; i < 2_400; i++)
        {
            bench.SendAs(Arm.Candidate, 4, firstUser: 1, users: 1, Outcome.ServerError);
            bench.SendAs(Arm.Candidate, 6, firstUser: 1_000, users: 6);
            bench.SendAs(Arm.Stable, 10, firstUser: 2_000, users: 10);
            bench.Tick();
        }

        Assert.Null(bench.Observe().Trip);
        Assert.Equal(9_600, bench.Read().Arms.Sum(a => a.Counts.Failures));
        var top = bench.Read().Top;
        Assert.Equal((0.4, 1), (top.Requests / (double)top.Of, top.Errors / (double)top.Requests));
    }

    [Fact]
    public void Is_tripped_by_the_failures_of_few_users_who_make_most_of_the_traffic_and_of_many_who_fail_a_little()
    {
        bench.Apply(Bench.Route(1, 5000));
        for (var i = 0; i < 40; i++)
        {
            bench.SendAs(Arm.Stable, 6, firstUser: 5, users: 2);
            bench.SendAs(Arm.Candidate, 6, firstUser: 1, users: 1, i < 8 ? Outcome.Success : Outcome.ServerError);
            bench.Tick();
        }

        Assert.Contains("failed", bench.Observe().Trip?.Why, StringComparison.Ordinal);

        bench.Apply(Bench.Route(2, 5000, "checkout-default-2", "v3"));
        for (uint i = 0; i < 40; i++)
        {
            bench.SendAs(Arm.Stable, 20, firstUser: 10_000, users: 20);
            bench.SendAs(Arm.Candidate, 20, firstUser: 20_000 + (i * 20), users: 20, Outcome.ServerError);
            bench.Tick();
        }

        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Counts_spills_as_failures()
    {
        bench.Apply(Bench.Route(1, 500));
        for (var i = 0; i < 12; i++) bench.Serving.Cell(Arm.Candidate, 0).Count(Outcome.Spill, 0, hasUser: false);
        bench.Send(Arm.Stable, 238);

        bench.Tick();

        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Counts_the_requests_of_cohorts()
    {
        bench.Apply(new ServiceRoute(
            Keys.Of(Bench.Service), 1, "v1", "v2", "checkout-default-1",
            new Exposure(Weights.AllStable, [new CohortWeights("staff", Weights.AllCandidate)])));
        bench.Send(Arm.Candidate, 12, Outcome.ServerError, cohort: 1);
        bench.Send(Arm.Stable, 238);

        bench.Tick();

        Assert.Equal(Weights.AllStable, bench.Serving.WeightsOf(1));
    }

    [Fact]
    public void Holds_still_in_an_incident_that_both_arms_share()
    {
        bench.Apply(Bench.Route(1, 500));
        for (var i = 0; i < 100; i++)
        {
            bench.Send(Arm.Candidate, 12, Outcome.ServerError);
            bench.Send(Arm.Stable, 238, Outcome.ServerError);
            bench.Tick();
        }

        Assert.Null(bench.Observe().Trip);
    }

    [Fact]
    public void Does_not_take_quick_failures_before_slow_successes_for_total_failure()
    {
        bench.Apply(Bench.Route(1, 500));
        var slow = bench.Serving.Cell(Arm.Candidate, 0);
        for (var i = 0; i < 8; i++)
        {
            for (var n = 0; n < 90; n++) slow.Start();
            bench.Send(Arm.Candidate, 10, Outcome.ServerError);
            bench.Send(Arm.Stable, 238);
            bench.Tick();
        }

        Assert.Null(bench.Observe().Trip);
    }

    [Fact]
    public void Latches_whatever_route_of_that_rollout_arrives()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();

        Assert.Equal(ApplyOutcome.Applied, bench.Apply(Bench.Route(2, 2500)));

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Survives_a_restart_with_a_stale_snapshot_and_no_store()
    {
        bench.Apply(Bench.Route(1, 500));
        var stale = File.ReadAllBytes(Path.Combine(bench.Directory, "snapshot.json"));
        bench.FailUntilTripped();
        bench.Apply(Bench.Route(2, 2500));
        File.WriteAllBytes(Path.Combine(bench.Directory, "snapshot.json"), stale);

        bench.Restart();

        Assert.Equal(1, bench.Serving.Route.Generation);
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.NotNull(bench.Observe().Trip);
        bench.Apply(Bench.Route(3, 9500));
        Assert.Equal(Exposure.None, bench.Serving.Effective);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("checkout-default-2")]
    public void Is_cleared_by_a_newer_route_with_another_rollout_or_none(string? id)
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        bench.Apply(id is null ? ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v1") : Bench.Route(2, 500, id, "v3"));

        Assert.Null(bench.Observe().Trip);
        Assert.Equal(id is null ? 0 : 500, bench.Serving.Effective.General.Candidate);

        bench.Restart();
        Assert.Null(bench.Observe().Trip);
        Assert.DoesNotContain(
            "checkout-default-1", File.ReadAllText(Path.Combine(bench.Directory, "latch.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Is_not_cleared_by_an_older_route()
    {
        bench.Apply(Bench.Route(5, 500));
        bench.FailUntilTripped();

        Assert.Equal(ApplyOutcome.Stale, bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 4, "v1")));

        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Holds_in_memory_and_says_so_when_the_latch_cannot_be_written_then_writes_it_when_it_can()
    {
        bench.Apply(Bench.Route(1, 500));
        // A directory in the file's place: not writable even for root.
        File.Delete(Path.Combine(bench.Directory, "latch.json"));
        var obstacle = System.IO.Directory.CreateDirectory(Path.Combine(bench.Directory, "latch.json"));
        bench.FailUntilTripped();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains("latch.json", bench.Observe().Warning, StringComparison.Ordinal);
        Assert.Single(bench.Log.Entries, e => e.Level == LogLevel.Error);

        obstacle.Delete();
        bench.Tick();
        Assert.Null(bench.Observe().Warning);
        bench.Restart();
        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Returns_to_the_warm_stable_arm_from_a_hundred_percent()
    {
        bench.Apply(Bench.Route(1, 10_000));
        bench.FailUntilTripped();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public void Raises_one_alarm_and_shifts_nothing_without_a_live_stable_endpoint_then_trips_when_one_returns()
    {
        bench.Health.Live["v1"] = 0;
        bench.Apply(Bench.Route(1, 10_000));
        bench.FailUntilTripped();

        Assert.Equal(Exposure.All, bench.Serving.Effective);
        Assert.Equal((0, 1), (bench.Router.Totals()[0].Trips, bench.Router.Totals()[0].Alarms));
        Assert.Single(bench.Log.Entries, e => e.Level == LogLevel.Critical);

        bench.Health.Live["v1"] = 1;
        bench.FailUntilTripped();
        Assert.Equal(Exposure.None, bench.Serving.Effective);
    }

    [Fact]
    public void Carries_no_evidence_into_another_rollout()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 5, Outcome.ServerError);
        bench.Send(Arm.Stable, 238);
        bench.Tick();
        bench.Apply(Bench.Route(2, 500, "checkout-default-2", "v3"));
        bench.Send(Arm.Candidate, 5, Outcome.ServerError);
        bench.Send(Arm.Stable, 238);
        bench.Tick();

        Assert.Null(bench.Observe().Trip);
    }

    [Fact]
    public void Goes_on_over_a_reload_that_takes_a_cohort_away()
    {
        bench.Apply(Bench.Route(1, 0) with
        {
            Exposure = new Exposure(Weights.OfCandidate(500), [new CohortWeights("staff", Weights.AllCandidate)]),
        });
        bench.Send(Arm.Candidate, 1_000, cohort: 1);
        bench.Send(Arm.Stable, 1_000);
        bench.Tick();

        bench.Router.Configure([Bench.SpecOf("v1", "v2") with { Cohorts = [] }]);
        bench.Tick();
        Assert.Equal(0, bench.Read().CandidateUsers.Users);
        bench.FailUntilTripped();

        Assert.NotNull(bench.Observe().Trip);
        Assert.DoesNotContain(bench.Log.Entries, e => e.Level == LogLevel.Error);
    }
}
