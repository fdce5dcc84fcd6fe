using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>The second stage of a round: makes of what was seen what is to be saved. It asks nobody and changes nothing outside.</summary>
internal sealed class DecideStage(StoreAccess access, Decider decider, Faults faults)
{
    public RoundPlan Decide(ControlledTarget target, RoundObservation observed)
    {
        if (!access.IsOpen) return new RoundPlan(target, observed.State, null, null);
        // Until the store knows the abort that the router carries out, nothing else may be decided.
        if (observed.UnrecordedAbort is { } abort) return new RoundPlan(target, observed.State, abort, null);
        if (!observed.MayDecide || observed.State.Known.MustLoad) return new RoundPlan(target, observed.State, null, null);
        try
        {
            var (state, wish) = DriftAnswers.Answer(observed.State, observed.Router, observed.Now.At);
            (state, var proposal) = decider.Decide(target, observed with { State = state });
            return new RoundPlan(target, proposal is null ? state.Well() : state, wish, proposal);
        }
        catch (Exception fault)
        {
            return new RoundPlan(target, faults.Add(observed.State, fault), null, null);
        }
    }
}
