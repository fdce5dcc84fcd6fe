using System.Diagnostics;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>A gate that asks for approvals is answered from what people said.</summary>
internal static class ApprovalRules
{
    /// <summary>Says of each gate with enough votes what they come to.</summary>
    public static void Derive(EnvironmentContext at)
    {
        foreach (var (bundle, id) in at.State.OpenVotes)
        {
            if (at.Environment.Needs.FirstOrDefault(g => g.Id == id) is not { Gate: ApproveGate approve } gate) continue;
            var record = at.State.Of(bundle).Gates[id];
            var answer = Find(at, gate, record);
            if (!IsDecision(answer)) continue;
            var verdict = answer is GateAnswer.Open ? GateVerdict.Passed : GateVerdict.Failed;
            var who = string.Join(" and ", approve.Deciding(record.Votes, at.Now).Select(static v => v.Who));
            at.Found.Facts.Add(new PromotionFact.GateAnswered(new(0, at.Now, who, answer!.Why), at.Name, id, bundle, verdict));
        }
    }

    /// <summary>What the votes come to so far; null for a gate of another kind, and where it was not asked or has its answer.</summary>
    public static GateAnswer? Find(EnvironmentContext at, EntryGate gate, GateRecord? record) =>
        gate.Gate is ApproveGate approve && record is { IsAnswered: false }
            ? approve.Answer(new GateFacts(at.Now) { Approvals = record.Votes })
            : null;

    /// <summary>Its answer follows from the votes.</summary>
    public static bool IsDecided(EnvironmentContext at, EntryGate gate, GateRecord? record) =>
        IsDecision(Find(at, gate, record));

    /// <summary>Why that person's word cannot count; null where it can.</summary>
    public static string? Refusal(EnvironmentContext at, Placed placed, PromotionFact.GateVoted vote)
    {
        var asking = at.Environment.Needs.Where(static g => g.Gate is ApproveGate).ToArray();
        if (asking.FirstOrDefault(g => g.Id == vote.Gate) is not { Gate: ApproveGate approve } gate)
            return asking.Length == 0
                ? $"no gate of {at.Name} asks for an approval"
                : $"no gate of {at.Name} named {vote.Gate} asks for an approval; {string.Join(", ", asking.Select(static g => g.Id))} does";
        var record = at.State.Of(placed.Bundle.Hash).Gates.GetValueOrDefault(gate.Id);
        return NotAwaited(at, placed, gate, record) ?? NotCounted(at, placed.Bundle, approve, record, vote);
    }

    private static string? NotAwaited(EnvironmentContext at, Placed placed, EntryGate gate, GateRecord? record)
    {
        var name = placed.Bundle.Name;
        var withdrawal = Withdrawals.Of(at, placed);
        var isAskedAnew = withdrawal is { Kind: BlockKind.Revoked } && withdrawal.Subject == gate.Id && record is { IsAnswered: false };
        if (withdrawal is not null && !isAskedAnew) return withdrawal.Why;
        if (at.UsableSeat == placed) return $"{name} is what {at.Name} runs already";
        if (Candidates.Of(at, at.UsableSeat ?? at.LastGood).All(c => c.Order != placed.Order))
            return $"{name} cannot enter {at.Name} any more: something newer ran there";
        if (isAskedAnew || record is { IsOpen: true }) return null;
        var decision = PromotionEngine.Decide(at.Spec, at.Environment, at.All, at.Now);
        if (decision.Questions.Any(q => q.Gate == gate.Id && q.Bundle.Hash == placed.Bundle.Hash)) return null;
        if (record is { IsAnswered: true, Verdict: { } verdict })
            return $"{gate.Id} {Words(verdict)} {name} at {InstantText.Of(record.Answer.At)}: {record.Answer.Why}";
        var block = decision.Blocks.FirstOrDefault(b => b.Bundle?.Hash == placed.Bundle.Hash);
        return $"nobody is asked about {name} in {at.Name} yet{(block is null ? "" : $": {block.Why}")}";
    }

    private static string? NotCounted(
        EnvironmentContext at, Bundle bundle, ApproveGate approve, GateRecord? record, PromotionFact.GateVoted vote)
    {
        var (who, author) = (vote.Stamp.Who, bundle.Author ?? "");
        if (approve.Refuses(who, new Vote(vote.Gate, "", vote.As), vote.IsRejection, author, bundle.Name) is { } refused) return refused;
        if (approve.NotAuthor && !vote.IsRejection && author.Length == 0)
            return $"who made {bundle.Name} is not known, so nobody is known to be another: publish a version with its author";
        var said = record?.Votes.FirstOrDefault(v => v.Who == who && !approve.IsExpired(v.At, at.Now));
        return said is { IsRejection: false } && !vote.IsRejection
            ? $"{who} has approved {bundle.Name} already, and each person counts once"
            : null;
    }

    private static bool IsDecision(GateAnswer? answer) => answer is GateAnswer.Open or GateAnswer.Failed;

    private static string Words(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Passed => "let in",
        GateVerdict.Failed => "refused",
        GateVerdict.Errored => "could find out nothing about",
        _ => throw new UnreachableException(),
    };
}
