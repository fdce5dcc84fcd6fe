using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Facts;
using static TrafficCtl.Core.Promotion.Facts.PromotionFact;

namespace TrafficCtl.Core.Tests.Promotion.Model;

/// <summary>The rules of approvals, written a second time in the plainest way.</summary>
internal static class NaiveVotes
{
    public static bool IsOf(GateVoted vote, string environment, string? gate, string bundle) =>
        vote.Environment == environment && vote.Gate == gate && vote.Bundle == bundle;

    /// <summary>What the last of those facts makes of its gate; null while nothing follows from the votes.</summary>
    public static GateVerdict? Decision(ApproveGate gate, IEnumerable<PromotionFact> facts, GateVoted last)
    {
        var (round, answer) = (0, (GateVerdict?)null);
        var votes = new List<GateVoted>();
        foreach (var fact in facts)
            switch (fact)
            {
                case EvidenceRevoked revoked when IsOf(last, revoked.Environment, revoked.Gate, revoked.Bundle):
                    (round, answer) = (round + 1, null);
                    votes.Clear();
                    break;
                case GateAsked asked when IsOf(last, asked.Environment, asked.Gate, asked.Bundle) && asked.Round > round:
                    (round, answer) = (asked.Round, null);
                    votes.Clear();
                    break;
                case GateAnswered said when IsOf(last, said.Environment, said.Gate, said.Bundle) && said.Verdict != GateVerdict.Waiting:
                    answer = said.Verdict;
                    break;
                case GateVoted vote when IsOf(last, vote.Environment, vote.Gate, vote.Bundle) && answer is null:
                    if (!votes.Exists(v => v.Stamp.Who == vote.Stamp.Who && v.IsRejection)) votes.Add(vote);
                    break;
            }

        if (answer is not null) return null;
        if (votes.Exists(static v => v.IsRejection)) return GateVerdict.Failed;
        var counted = votes.Where(v => gate.Expires is not { } limit || last.Stamp.At - v.Stamp.At < limit);
        return counted.Select(static v => v.Stamp.Who).Distinct().Count() >= gate.Count ? GateVerdict.Passed : null;
    }
}
