using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Deciding;

/// <summary>What the engine is told of a router: only what is of this rollout, and of the route that was asked for.</summary>
public sealed class EngineInputsTests
{
    private static readonly ArmHealth Live = new(1, 1, 1, null);

    private readonly ControlledTarget target = Parts.Target(new Phase.Observing(0, Parts.Now, Parts.Now));

    private ServiceRecord Record => target.State.Known.Record!;

    private ServiceRoute Asked => Exposures.RouteFor(Record.Active!);

    [Fact]
    public void A_router_that_does_what_it_was_asked_confirms_it()
    {
        var seen = See(Status(Asked));
        Assert.Equal((4L, Live, false), (seen.AppliedGeneration, seen.CandidateHealth, seen.IsDrifted));
        Assert.Null(seen.Trip);
    }

    [Fact]
    public void Another_route_of_the_same_or_a_higher_generation_confirms_nothing_and_a_lower_one_is_what_it_is()
    {
        Assert.Null(See(Status(Asked with { Exposure = Exposure.All })).AppliedGeneration);
        Assert.Null(See(Status(Asked with { Generation = 9 })).AppliedGeneration);
        Assert.Equal(3, See(Status(Asked with { Generation = 3 })).AppliedGeneration);
        Assert.Null(See(null).AppliedGeneration);
    }

    [Fact]
    public void A_route_that_the_router_withholds_from_the_candidate_is_not_in_force()
    {
        Assert.Null(See(Status(Asked) with { Withheld = "an abort" }).AppliedGeneration);
        Assert.Equal(3, See(Status(ServiceRoute.Idle(World.Key, 3, "v1")) with { Withheld = "an abort" }).AppliedGeneration);
    }

    [Fact]
    public void The_health_and_the_trip_of_another_rollout_are_not_this_ones()
    {
        var other = See(Status(Asked with { RolloutId = "checkout-default-0" }) with { Trip = Trip("checkout-default-0") });
        Assert.Null(other.CandidateHealth);
        Assert.Null(other.Trip);
        Assert.Null(See(null).CandidateHealth);
        Assert.Equal(Trip("checkout-default-1"), See(Status(Asked) with { Trip = Trip("checkout-default-1") }).Trip);
    }

    [Fact]
    public void A_drift_is_seen()
    {
        var drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, DriftAnswer.Adopt, "the weights were changed");
        Assert.True(See(Status(Asked) with { Drift = drift }).IsDrifted);
    }

    [Fact]
    public void The_versions_that_have_failed_are_listed_where_somebody_asks()
    {
        var spec = target.State.Declared.Spec;
        var record = Record with { Tried = [new TriedVersion("v2", spec.FindVersion("v2")!.Fingerprint, Trial.Failed)] };
        Assert.Equal(["v2"], See(null, record, [Parts.Wish(1, WishKind.Publish)]).Failed);
        Assert.Empty(See(null, record, []).Failed);
    }

    private static BreakerTrip Trip(string rolloutId) => new(rolloutId, Parts.Now, "8 of 8 requests failed");

    private static RouterStatus Status(ServiceRoute route) => new(route, route.Exposure, Live, Live, null);

    private Seen See(RouterStatus? router, ServiceRecord? record = null, ImmutableArray<Wish>? wishes = null) => EngineInputs.See(
        target, new RoundObservation(target.State) { Router = router, MayDecide = true }, record ?? Record, Record.Active!, wishes ?? [],
        null);
}
