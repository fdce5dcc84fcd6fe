using System.Diagnostics;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>
/// The third stage of a round: records wishes, then saves all proposals. What is not saved is not acted on: the last stage puts in
/// force what this one left as the record.
/// </summary>
internal sealed class SaveStage(WishRecorder wishes, Saver saver, Confirmations confirmations, Faults faults)
{
    private readonly List<RoundPlan> proposed = [];

    /// <param name="plans">The plans of the round, none of them empty.</param>
    /// <param name="again">Gets the targets whose state changed: what follows need not wait for a second.</param>
    /// <param name="stop">Ends the calls.</param>
    public async ValueTask SaveAsync(List<RoundPlan> plans, HashSet<ControlledTarget> again, CancellationToken stop)
    {
        proposed.Clear();
        foreach (var plan in plans) await PrepareAsync(plan, again, stop);
        if (proposed.Count == 0) return;
        var outcomes = await saver.SaveAsync(proposed.ConvertAll(static p => p.Proposal!.Commit), stop);
        for (var i = 0; i < outcomes.Length; i++)
        {
            var (target, state, _, proposal) = proposed[i];
            target.Take(After(target, state, proposal!, outcomes[i]));
            if (outcomes[i].Result == SaveResult.Saved) again.Add(target);
        }
    }

    private async ValueTask PrepareAsync(RoundPlan plan, HashSet<ControlledTarget> again, CancellationToken stop)
    {
        if (plan.Wish is not null)
        {
            var (isRecorded, state) = await wishes.RecordAsync(plan, stop);
            if (isRecorded) again.Add(plan.Target);
            plan = plan with { State = state, Proposal = isRecorded ? plan.Proposal : null };
        }

        plan.Target.Take(plan.Proposal is null ? plan.State : Doubted(plan.State, plan.Proposal));
        if (plan.Proposal is not null) proposed.Add(plan);
    }

    /// <summary>Until the store has answered, its content is unknown.</summary>
    private static TargetState Doubted(TargetState state, Proposal proposal) =>
        state with { Known = state.Known with { InDoubt = proposal, MustLoad = true } };

    private TargetState After(ControlledTarget target, TargetState state, Proposal proposal, SaveOutcome outcome)
    {
        var next = outcome.Result switch
        {
            SaveResult.Saved => confirmations.Confirm(target, state, proposal),
            SaveResult.Stale => state with { Known = state.Known with { MustLoad = true } },
            SaveResult.InDoubt => Doubted(state, proposal),
            SaveResult.NotTried => state with { Decided = state.Decided with { MayStart = true } },
            _ => throw new UnreachableException(),
        };
        return outcome.Fault is { } fault ? faults.Add(next, fault) : next;
    }
}
