using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Core.Rollouts;

/// <summary>What a rollout remembers of its gates, and what follows when one fails or does not open by its deadline.</summary>
internal static class GateRules
{
    /// <summary>
    /// The state with what has to be known after a restart: since when a gate holds, and the answers that stay. The same object when
    /// nothing changes. While the rollout waits for no gate (a pause, a moving weight) nothing is noted, and no deadline runs out.
    /// </summary>
    public static RolloutState Note(RolloutState state, Seen seen, Moment now)
    {
        if (state.Phase is not (Phase.Waiting or Phase.Observing) || seen.Gates.IsDefaultOrEmpty) return state;
        ImmutableArray<GateState>.Builder? next = null;
        foreach (var view in seen.Gates)
        {
            var saved = state.FindGate(view.Gate.Key);
            var noted = Noted(view, saved, now);
            if (ReferenceEquals(noted, saved)) continue;
            next ??= (state.Gates is { IsDefault: false } gates ? gates : []).ToBuilder();
            if (saved is not null) next.Remove(saved);
            if (noted is not null) next.Add(noted);
        }

        return next is null ? state : state with { Gates = next.Count == 0 ? null : next.ToImmutable() };
    }

    /// <summary>The gate that decides about the next step; null when all are open or passed.</summary>
    public static GateView? Closed(DecisionContext at)
    {
        GateView? first = null;
        foreach (var view in at.Seen.Gates)
        {
            if (view.IsOpen || at.State.FindGate(view.Gate.Key)?.Word == GateState.Passed) continue;
            if (IsAtItsEnd(at, view)) return view;
            first ??= view;
        }

        return first;
    }

    /// <summary>What follows from a gate that has come to its end; null while it may still open.</summary>
    public static Decision? End(DecisionContext at, GateView view)
    {
        var (gate, name) = (view.Gate, view.Gate.Name);
        if (view.Answer is GateAnswer.Failed)
            return at.GoBack(RollbackCause.Gate, $"gate {name} has failed at {at.Share}: {view.Answer.Why}");
        if (!IsAtItsEnd(at, view)) return null;
        var late = view.Answer is GateAnswer.Errored
            ? $"gate {name} could not be asked: {view.Answer.Why}"
            : $"gate {name} is {view.Answer.Word} at its deadline of {DurationText.Of(gate.Deadline.GetValueOrDefault())}: "
                + view.Answer.Why;
        if (gate.Terms.Then == GateOutcome.Fail) return at.GoBack(RollbackCause.Gate, $"{late}; it says then: fail (at {at.Share})");
        var why = $"{late}; resume to ask again, promote to go on without, or abort"
            + (gate.Terms.Owner is { } owner ? $" ({owner} owns the gate)" : "");
        return at.Go(Phase.Paused.Begin(at.State.Phase, PauseCause.Gate, why, at.Now), "pause", $"paused at {at.Share}: {why}");
    }

    /// <summary>
    /// After a pause every gate that is not open has a new deadline, and one that could not be asked is asked again. What people approved
    /// stays.
    /// </summary>
    public static RolloutState AskAnew(RolloutState state, Moment now)
    {
        if (state.Gates is not { IsDefault: false } gates) return state;
        return state with
        {
            Gates =
            [
                .. gates.Select(g => g.Word is "open" or GateState.Passed
                    ? g
                    : g with { Since = now.At, From = now.Elapsed, Word = null, Why = null, Attempt = g.Attempt + 1 }),
            ],
        };
    }

    private static bool IsAtItsEnd(DecisionContext at, GateView view) =>
        view.Answer is GateAnswer.Failed or GateAnswer.Errored || IsLate(at.State.FindGate(view.Gate.Key), view.Gate, at.Now);

    private static bool IsLate(GateState? saved, Gate gate, Moment now) =>
        gate.Deadline is { } limit && saved is not null && now.Elapsed - saved.From >= limit;

    private static GateState? Noted(GateView view, GateState? saved, Moment now)
    {
        var (gate, isLatched) = (view.Gate, view.Gate.Kind == GateKind.Latched);
        if (view.IsOpen)
        {
            // A live gate that opens again begins anew when it closes; what is latched stays.
            if (!isLatched) return null;
            return saved is { Word: "open" } ? saved : Begun(saved, gate, now) with { Word = "open", Why = view.Answer.Why };
        }

        if (saved is { Word: not null }) return saved;
        var isFinal = view.Answer is GateAnswer.Failed or GateAnswer.Errored;
        var passes = gate.Terms.Then == GateOutcome.Pass;
        if (passes && (view.Answer is GateAnswer.Errored || IsLate(saved, gate, now)))
            return Begun(saved, gate, now) with { Word = GateState.Passed, Why = view.Answer.Why };
        if (isLatched && isFinal) return Begun(saved, gate, now) with { Word = view.Answer.Word, Why = view.Answer.Why };
        return saved ?? (isLatched || gate.Deadline is not null ? Begun(null, gate, now) : null);
    }

    private static GateState Begun(GateState? saved, Gate gate, Moment now) => saved ?? new GateState(gate.Key, now.At, now.Elapsed);
}
