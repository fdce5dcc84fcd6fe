using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>The first stage of a round: reads the store, the router, the counters and the gates. It writes to none of them.</summary>
internal sealed class ObserveStage(
    StoreReader stores, RouterReader routers, CounterReader counters, Absorber absorber, GateReader gates, Faults faults,
    TimeProvider clock)
{
    public async ValueTask<RoundObservation> ObserveAsync(ControlledTarget target, CancellationToken stop)
    {
        var observed = await stores.LoadAsync(target, clock.GetUtcNow(), stop);
        var (state, router) = await routers.ReadAsync(target.Key, observed.State, stop);
        observed = await stores.FindAbortAsync(target, observed with { State = state, Router = router }, stop);
        return await MeasureAsync(target, observed, stop);
    }

    private async ValueTask<RoundObservation> MeasureAsync(ControlledTarget target, RoundObservation observed, CancellationToken stop)
    {
        var state = observed.State;
        var active = state.Known.Record?.Active;
        try
        {
            var now = target.Clock.Look(active, clock.Now());
            if (active is not null) state = state.With(NoteClock(state.Pending, target.Clock, active, now));
            (state, var reading) = await counters.ReadAsync(target.Key, state, now, stop);
            var subject = new Subject(state.Declared.Spec, state.Known.Record, target.Slot);
            absorber.Absorb(target.Observation, subject, reading, target.Clock, now);
            if (active is not null && target.Observation.Evidence.TakeBeganAnew() is { } why)
                state = state.With(state.Pending.Add(Facts.EvidenceAnew(active, why, now.At)));
            observed = observed with { State = state, Now = now, Paths = reading?.Paths };
            return active is null
                ? observed
                : observed with { Gates = await gates.AskAsync(state.Declared.Spec, active, now, IsReady(observed, active), stop) };
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return observed with { State = faults.Add(state, fault), MayDecide = false };
        }
    }

    /// <summary>Health of another rollout's candidate says nothing of this one's.</summary>
    private static bool IsReady(RoundObservation observed, RolloutState active) =>
        observed.Router is { Candidate: { Live: > 0, Probed: > 0 } } router && router.Route.RolloutId == active.Id;

    /// <summary>
    /// Records that the wall clock was set or that no round ended for a while, for people who compare timestamps in the journal. The
    /// rollout itself is timed by its elapsed time.
    /// </summary>
    private static PendingFacts NoteClock(PendingFacts pending, RolloutClock clock, RolloutState active, Moment now)
    {
        if (clock.Jump != TimeSpan.Zero) pending = pending.AddUrgent(Facts.ClockJumped(active, clock.Jump, now));
        if (clock.StoodStill > TimeSpan.Zero) pending = pending.AddUrgent(Facts.StoodStill(active, clock.StoodStill, now));
        return pending;
    }
}
