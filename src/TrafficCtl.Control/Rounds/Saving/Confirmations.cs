using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>What follows from a proposal that the store holds: the next state, the answers to those who wait, counts and the log.</summary>
internal sealed partial class Confirmations(
    Answers answers, Checkpoints checkpoints, ControlMetrics counts, TimeProvider clock, ILogger<Confirmations> log)
{
    /// <returns>The state in which the proposal is the state of record.</returns>
    public TargetState Confirm(ControlledTarget target, TargetState state, Proposal proposal)
    {
        var commit = proposal.Commit;
        target.Clock.Saved();
        target.Observation.Saved(commit.Rollout?.Id, commit.Windows, clock.Running() + checkpoints.FirstAfter(target.Slot));
        if (commit.Rollout?.Id == target.Observation.Evidence.Of) target.Observation.Evidence.SavedAll(commit.Record.Evidence.Span);
        foreach (var outcome in commit.Wishes) answers.Give(outcome);
        counts.Decided(new DecisionLabel(target.Key, proposal.Kind), clock.GetUtcNow());
        Decided(log, commit.Rollout?.Id ?? target.Key.Name, proposal.Kind, proposal.Why);
        return After(state, proposal);
    }

    private static TargetState After(TargetState state, Proposal proposal)
    {
        var (commit, known) = (proposal.Commit, state.Known);
        return state with
        {
            Known = known with
            {
                Record = commit.Record,
                Newest = commit.Rollout ?? known.Newest,
                Wishes = Unanswered(known.Wishes, commit.Wishes),
                LostWords = commit.Record.Active is null ? null : known.LostWords,
                StateLost = LostState.After(known.StateLost, commit.Facts),
                MustLoad = false,
                InDoubt = null,
            },
            Pending = state.Pending.After(proposal.Pending),
            Routed = Told(state.Routed, proposal),
            Decided = state.Decided with { MayStart = true, Decision = proposal.Decision ?? state.Decided.Decision },
            Health = Health.Good,
        };
    }

    private static ImmutableArray<Wish> Unanswered(ImmutableArray<Wish> wishes, ImmutableArray<WishOutcome> answered) =>
        answered.IsEmpty ? wishes : wishes.RemoveAll(w => answered.Any(o => o.Wish.Id == w.Id));

    /// <summary>What the router is to be told of it.</summary>
    private static Routed Told(Routed routed, Proposal proposal)
    {
        // Whoever resumes has decided about an external change too, also where no rollout is under way.
        var isResumed = proposal.Commit.Wishes.Any(static o => o is { Accepted: true, Wish.Kind: WishKind.Resume });
        if (isResumed) routed = routed with { MustSettle = true };
        return proposal.AnswersAbort is { } abort ? routed with { AnsweredAbort = abort } : routed;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Rollout}: {Kind}: {Why}")]
    private static partial void Decided(ILogger log, string rollout, string kind, string why);
}
