using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class StatusMessagesTests
{
    [Fact]
    public void Carries_the_rollout_with_all_its_numbers()
    {
        var status = StatusMessages.Of(Example.Active(), new Uri("http://127.0.0.1:8080/"), [], Example.Elapsed);
        var rollout = status.Rollout;
        Assert.Equal(
            ("checkout", "default", "v1", "", "http://127.0.0.1:8080"),
            (status.Service, status.Environment, status.LastGood, status.FileStable, status.Listen));
        Assert.Equal((2, 3, 2500, 2500), (rollout.Step, rollout.Steps, rollout.Weight, rollout.EffectiveWeight));
        Assert.Equal([500, 2500, 9500, 10000], rollout.Plan);
        Assert.Equal((20L, 40L, 90L), (rollout.Remaining.Seconds, rollout.InPhase.Seconds, rollout.Forecast.Seconds));
        Assert.Equal("1.5 of 3.0 of the evidence is there", rollout.Reason);
        Assert.Equal(
            ["dwell: 20 s left", "traffic: 900 of 1,200 requests on the candidate in this step", "evidence: errors: evidence 1.5 of 3.0"],
            rollout.WaitsFor);
        var judgement = rollout.Judgement;
        Assert.Equal(("unsure", Math.Log(3.25), Math.Log(100)), (judgement.Verdict, judgement.Evidence, judgement.Bound));
        Assert.Contains("\"low\":null,", MessageJson.Format(judgement), StringComparison.Ordinal);
        Assert.Equal(new ArmStatus
        {
            Version = "v2",
            Endpoints = 2,
            Live = 1,
            RequestsPerSecond = 25,
            ErrorRatio = 0.002,
            P50Seconds = 0.0051,
            P99Seconds = 0.0125,
            InFlight = 1,
            Requests = 1000,
            Failures = 2,
        }, status.Candidate);
        Assert.Null(status.Previous);
    }

    [Fact]
    public void What_nobody_has_measured_or_said_is_missing_and_not_0()
    {
        var status = StatusMessages.Of(Example.Active() with { SampledAt = null, Router = null }, null, [], Example.Elapsed);
        Assert.Equal(new ArmStatus { Version = "v2", Endpoints = 2 }, status.Candidate);
        Assert.False(status.Rollout.HasEffectiveWeight);
        Assert.False(StatusMessages.Of(Example.Active(new Phase.Waiting("a gate")), null, [], Example.Elapsed).Rollout.HasStep);
    }

    [Fact]
    public void An_arm_without_requests_has_counts_and_no_ratio()
    {
        var idle = Example.Active() with { Candidate = new ArmRates(0, 0, 0, 0, 0, 12, 1) };
        var arm = StatusMessages.Of(idle, null, [], Example.Elapsed).Candidate;
        Assert.Equal((0.0, 12L, 1L), (arm.RequestsPerSecond, arm.Requests, arm.Failures));
        Assert.False(arm.HasErrorRatio || arm.HasP50Seconds || arm.HasP99Seconds);
    }

    [Fact]
    public void Keeps_notes_apart_from_warnings()
    {
        var status = StatusMessages.Of(Example.Active() with { Notes = ["the file still says stable: v0"] }, null, [], Example.Elapsed);
        Assert.Equal((["the file's reload was refused"], ["the file still says stable: v0"]), (status.Warnings, status.Notes));
    }

    [Fact]
    public void Says_that_the_step_is_the_holdback()
    {
        var holdback = new Phase.Observing(2, Example.Now, Example.Now);
        Assert.Equal(
            [false, true, true, false],
            ((Phase[])[
                Example.Observing, holdback, new Phase.Paused(holdback, PauseCause.Person, "ana asked", Example.Now),
                new Phase.Baking(Example.Now)
            ])
                .Select(phase => StatusMessages.Of(Example.Active(phase), null, [], Example.Elapsed).Rollout.InHoldback));
    }

    [Fact]
    public void A_shift_says_what_the_mesh_still_waits_for()
    {
        var view = Example.Active(new Phase.Shifting(1));
        view = view with
        {
            Router = view.Router! with { WaitsFor = "HTTPRoute shop/checkout: Gateway gateways/public has not accepted generation 4 yet" },
        };
        Assert.Equal(
            ["the router's word that the new weight is in force: HTTPRoute shop/checkout: Gateway gateways/public has not accepted "
                + "generation 4 yet"],
            StatusMessages.Of(view, null, [], Example.Elapsed).Rollout.WaitsFor);
    }

    [Fact]
    public void Shows_what_is_really_served_while_a_latch_holds()
    {
        var view = Example.Active();
        var tripped = view with
        {
            Router = view.Router! with
            {
                EffectiveExposure = Exposure.None,
                Trip = new BreakerTrip(Example.Rollout, Example.Now, "9 of 9 failed"),
            },
        };
        var rollout = StatusMessages.Of(tripped, null, [], Example.Elapsed).Rollout;
        Assert.Equal((2500, 0, "9 of 9 failed"), (rollout.Weight, rollout.EffectiveWeight, rollout.Breaker));
    }

    [Fact]
    public void Tells_of_a_shadow_beside_the_weight_and_in_the_plan()
    {
        var view = Example.Active();
        var shadow = new Step(null, Weights.AllStable, TimeSpan.Zero, default) { Shadow = Weights.OfCandidate(1000) };
        var state = Example.State(new Phase.Shifting(0)) with { Plan = Example.Plan with { Steps = [shadow, .. Example.Plan.Steps] } };
        var rollout = StatusMessages.Of(view with { Newest = state }, null, [], Example.Elapsed).Rollout;
        Assert.Equal((0, 1000), (rollout.Weight, rollout.Shadow));
        Assert.Equal([0, 500, 2500, 9500, 10_000], rollout.Plan);
        Assert.Equal([1000, 0, 0, 0, 0], rollout.PlanShadows);
    }

    [Fact]
    public void Keeps_an_ended_rollout_as_the_previous_one()
    {
        var ended = Example.State(new Phase.RolledBack(RollbackCause.Verdict, "errors of v2"));
        var status = StatusMessages.Of(Example.Active() with { Newest = ended, LastDecision = null }, null, [], Example.Elapsed);
        Assert.Null(status.Rollout);
        Assert.Null(status.Candidate);
        Assert.Equal(("RolledBack", "errors of v2", 0), (status.Previous.Phase, status.Previous.Reason, status.Previous.WaitsFor.Count));
    }

    [Fact]
    public void Says_when_the_file_and_the_last_good_version_differ()
    {
        var view = Example.Active();
        var status = StatusMessages.Of(view with { Record = view.Record! with { LastGood = "v2" } }, null, [], Example.Elapsed);
        Assert.Equal(("v2", "v1"), (status.LastGood, status.FileStable));
    }

    [Fact]
    public void On_a_cluster_the_arm_between_rollouts_is_the_last_good_version_and_no_file_is_spoken_of()
    {
        var view = Example.Active();
        var spec = view.Spec with
        {
            Target = new ClusterTarget
            {
                Namespace = "shop",
                Service = "checkout",
                Slots = [],
                Route = new("istio", "checkout", null),
                Metrics = "istio",
            },
        };
        var promoted = view with { Spec = spec, Record = view.Record! with { LastGood = "v2" }, Newest = Example.State(new Phase.Good()) };
        var status = StatusMessages.Of(promoted, null, [], Example.Elapsed);
        Assert.Equal(("v2", "v2", ""), (status.LastGood, status.Stable.Version, status.FileStable));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    public void Counts_steps_from_one_and_100_percent_past_the_last(int index, int shown) =>
        Assert.Equal(shown, StatusMessages.Of(Example.Active(new Phase.Shifting(index)), null, [], Example.Elapsed).Rollout.Step);

    [Fact]
    public void Tells_of_what_the_router_serves_while_the_record_cannot_be_read()
    {
        var status = StatusMessages.Of(Example.Unread(), null, [], Example.Elapsed);
        Assert.Equal("The store's record of checkout@default cannot be read.", status.Unknown);
        Assert.Equal(
            new Serving
            {
                Stable = "v1",
                Candidate =
                "v2",
                Rollout = Example.Rollout,
                Generation = 17,
                EffectiveWeight = 2500,
                Weight = 2500
            }, status.Serving);
        Assert.Equal(
            ("Unknown", Example.Rollout, 2500, 2500),
            (status.Rollout.Phase, status.Rollout.Id, status.Rollout.Weight, status.Rollout.EffectiveWeight));
        Assert.Equal(
            "what the store says cannot be read (The store's record of checkout@default cannot be read); "
            + "the router gives v2 25 % and v1 the rest (rollout checkout-default-3, generation 17)",
            status.Rollout.Reason);
        Assert.Equal(("v2", 2, 1), (status.Candidate.Version, status.Candidate.Endpoints, status.Candidate.Live));
        Assert.Equal(("v1", ""), (status.LastGood, status.FileStable));
    }

    [Fact]
    public void Serves_by_the_routers_word_while_the_record_cannot_be_read()
    {
        var view = Example.Unread();
        var idle = view.Router! with { Route = ServiceRoute.Idle(Keys.Of("checkout"), 9, "v2"), EffectiveExposure = Exposure.None };
        var status = StatusMessages.Of(view with { Router = idle }, null, [], Example.Elapsed);
        Assert.Equal(("v2", "v2", null), (status.LastGood, status.Stable.Version, status.Rollout));
        Assert.NotEmpty(status.Unknown);
    }

    [Fact]
    public void Warns_of_what_the_router_withholds_also_before_a_round_has_seen_it()
    {
        var view = Example.Active();
        view = view with
        {
            Router = view.Router! with { EffectiveExposure = Exposure.None, Withheld = "v2 gets 0 % by an abort that is not recorded yet" },
        };
        var status = StatusMessages.Of(view, null, [], Example.Elapsed);
        Assert.Contains("v2 gets 0 % by an abort that is not recorded yet", status.Warnings);
        Assert.Equal(
            (0, 2500, "v2 gets 0 % by an abort that is not recorded yet"),
            (status.Serving.EffectiveWeight, status.Serving.Weight, status.Serving.Withheld));
        Assert.Equal((2500, 0), (status.Rollout.Weight, status.Rollout.EffectiveWeight));
    }

    [Fact]
    public void Tells_of_a_candidate_that_the_router_serves_although_no_rollout_is_under_way()
    {
        var view = Example.Active() with { Newest = Example.State(new Phase.RolledBack(RollbackCause.Verdict, "errors of v2")) };
        var status = StatusMessages.Of(view, null, [], Example.Elapsed);
        Assert.Null(status.Rollout);
        Assert.Equal(("v2", 2500), (status.Serving.Candidate, status.Serving.EffectiveWeight));
    }
}
