using System.Collections.Immutable;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>What a round saw of a target with an active rollout, in the engine's terms.</summary>
internal static class EngineInputs
{
    /// <param name="target">With its evidence.</param>
    /// <param name="round">What the round saw.</param>
    /// <param name="record">As the store holds it.</param>
    /// <param name="active">Its active rollout.</param>
    /// <param name="wishes">What people ask for.</param>
    /// <param name="withdrawnFor">How long the candidate has not been listed; null while it is.</param>
    public static Seen See(
        ControlledTarget target, RoundObservation round, ServiceRecord record, RolloutState active, ImmutableArray<Wish> wishes,
        TimeSpan? withdrawnFor)
    {
        var (observed, state, router) = (target.Observation, round.State, round.Router);
        var spec = state.Declared.Spec;
        return new Seen
        {
            Judgement = observed.JudgementOf(active),
            Evidence = observed.Step.EvidenceOf(Lens.StepOf(active)),
            Unmeasured = state.Measured.Unmeasured,
            CandidateHealth = router is not null && router.Route.RolloutId == active.Id ? router.Candidate : null,
            Trip = router?.Trip is { } trip && trip.RolloutId == active.Id ? trip : null,
            Wishes = wishes,
            Gates = round.Gates,
            AppliedGeneration = GenerationInForce(round, record),
            RouterWaitsFor = router?.WaitsFor,
            CountsBecause = router?.CountsBecause,
            IsDrifted = router?.Drift is not null,
            NewerVersion = RolloutStarter.Newer(spec, record),
            Versions = state.Declared.Versions,
            WithdrawnFor = withdrawnFor,
            Listing = spec.Listing,
            Failed = wishes.IsEmpty ? [] : [.. spec.Versions.Where(record.HasFailed).Select(v => v.Version)],
        };
    }

    /// <summary>
    /// The router's word counts when it does what it was asked; a generation alone may be another writer's or a backup's.
    /// </summary>
    private static long? GenerationInForce(RoundObservation round, ServiceRecord record)
    {
        if (round.Router?.Route is not { } found) return null;
        // What is asked for is not in force while the router withholds it.
        if (round.Router.Withheld is not null && found.Exposure.ReachesCandidate) return null;
        var wanted = WantedRoute.For(record, round.State.Routed.Wanted).Route;
        return found == wanted || found.Generation < record.Active?.Generation ? found.Generation : null;
    }
}
