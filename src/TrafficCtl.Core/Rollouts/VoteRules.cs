using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Core.Rollouts;

/// <summary>How approvals and rejections are answered while a rollout is active: each counts once, for one gate of one rollout.</summary>
internal static class VoteRules
{
    public static Decision Answer(DecisionContext at, Wish wish)
    {
        var vote = wish.Vote ?? new Vote("", "", "");
        if (vote.Rollout.Length > 0 && vote.Rollout != at.State.Id)
            return at.Refuse(wish, $"it is for rollout {vote.Rollout}, and {at.State.Id} of {at.State.Candidate} is the active one");
        if (!at.IsBeforeAll) return at.Refuse(wish, $"{at.State.Candidate} is at 100 % already; no step follows that a gate could hold");
        var (gate, why) = Find(at, vote);
        if (gate is null) return at.Refuse(wish, why);
        var isRejection = wish.Kind == WishKind.Reject;
        var saved = at.State.FindGate(gate.Key);
        if (saved?.Word is { } word) return at.Refuse(wish, Settled(word, saved));
        if (gate.Refuses(wish.Who, vote, isRejection, at.State.Author, at.State.Candidate) is { } refused) return at.Refuse(wish, refused);
        if (gate.IsExpired(wish.At, at.Now.At))
            return at.Refuse(
                wish,
                $"it was asked at {InstantText.Of(wish.At)} and has expired after {DurationText.Of(gate.Expires.GetValueOrDefault())}");
        var before = saved?.Approvals ?? [];
        if (!isRejection && before.Any(a => a.Who == wish.Who && !a.IsRejection && !gate.IsExpired(a.At, at.Now.At)))
            return at.Refuse(wish, $"{wish.Who} has approved it already, and each person counts once");
        return Take(at, wish, gate, saved, before.Add(new Approval(wish.Id, wish.Who, wish.At, isRejection, wish.Reason)));
    }

    private static Decision Take(
        DecisionContext at, Wish wish, ApproveGate gate, GateState? saved, ImmutableArray<Approval> approvals)
    {
        var next = (saved ?? new GateState(gate.Key, at.Now.At, at.Now.Elapsed)) with { Approvals = approvals };
        var others = at.State.Gates is { IsDefault: false } gates ? gates.RemoveAll(g => g.Gate == gate.Key) : [];
        var facts = new GateFacts(at.Now.At) { Version = at.State.Candidate, Author = at.State.Author, Approvals = approvals };
        var answer = gate.Answer(facts);
        var text = $"gate {gate.Name} of {at.State.Id} ({at.State.Candidate}) is {answer.Word}: {answer.Why}"
            + (at.State.Phase is Phase.Paused ? "; it is paused, so resume it too" : "");
        return new Decision(
            at.State with { Gates = others.Add(next) }, wish.Kind == WishKind.Reject ? "reject" : "approve",
            $"{RolloutWords.Asked(wish)}: {text}", [new(wish, true, text)]);
    }

    private static string Settled(string word, GateState saved) => word switch
    {
        "open" => $"the gate is open already: {saved.Why}",
        GateState.Passed => "the gate was passed at its deadline",
        _ => $"the gate has {word} already: {saved.Why}",
    };

    private static (ApproveGate? Gate, string Why) Find(DecisionContext at, Vote vote)
    {
        var gates = at.Seen.Gates.Select(static v => v.Gate).OfType<ApproveGate>().ToArray();
        if (gates.Length == 0) return (null, $"no gate of {at.State.Service} asks for an approval");
        var meant = vote.Gate.Length == 0 ? gates : [.. gates.Where(g => g.Key == vote.Gate || g.By == vote.Gate)];
        return meant switch
        {
            [var one] => (one, ""),
            [] => (null, $"no gate of {at.State.Service} asks {vote.Gate}; asked are {string.Join(", ", gates.Select(static g => g.By))}"),
            _ => (null, $"several gates ask for an approval; name one of {string.Join(", ", meant.Select(static g => g.By).Distinct())}"),
        };
    }
}
