using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>What a gate was asked of a bundle in an environment, and what it said.</summary>
/// <param name="Round">The number of the newest question, from 0.</param>
public sealed record GateRecord(int Round)
{
    /// <summary>When it was asked first, from which its deadline counts; null before.</summary>
    public DateTimeOffset? FirstAskedAt { get; init; }

    /// <summary>When this round was asked; null before.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>The newest round with an answer; -1 for none.</summary>
    public int AnsweredRound { get; init; } = -1;

    /// <summary>The newest answer; null for none.</summary>
    public GateVerdict? Verdict { get; init; }

    /// <summary>Who answered, when and why.</summary>
    public FactStamp Answer { get; init; }

    public string? Evidence { get; init; }

    public DateTimeOffset? Expires { get; init; }

    /// <summary>How often it errored since it last passed or failed.</summary>
    public int Errors { get; init; }

    /// <summary>What people said in this round, oldest first: of each the last word, but a rejection stays.</summary>
    public ImmutableArray<Approval> Votes { get; init; } = [];

    /// <summary>Asked, and the answer is awaited.</summary>
    public bool IsOpen => AskedAt is not null && AnsweredRound < Round;

    /// <summary>The newest question has its answer.</summary>
    public bool IsAnswered => AnsweredRound >= Round;

    /// <summary>The declared outcome of its deadline took effect.</summary>
    public bool IsByDeadline => Answer.Who == FactStamp.Engine;

    internal GateRecord Ask(PromotionFact.GateAsked asked)
    {
        var at = asked.Stamp.At;
        if (asked.Round < Round || (asked.Round == Round && AskedAt is not null)) return this;
        var isFresh = Verdict is GateVerdict.Passed or GateVerdict.Failed;
        return this with
        {
            Round = asked.Round,
            AskedAt = at,
            FirstAskedAt = isFresh ? at : FirstAskedAt ?? at,
            Votes = asked.Round == Round ? Votes : [],
        };
    }

    /// <summary>A word after the answer changes nothing, and neither does one that was said already.</summary>
    internal GateRecord Vote(PromotionFact.GateVoted voted)
    {
        var (who, at) = (voted.Stamp.Who, voted.Stamp.At);
        var before = Votes.FirstOrDefault(v => v.Who == who);
        if (IsAnswered || before is { IsRejection: true } || (before is not null && !voted.IsRejection && before.At == at)) return this;
        var vote = new Approval(voted.Stamp.Sequence, who, at, voted.IsRejection, voted.Stamp.Why);
        return this with { Votes = Votes.RemoveAll(v => v.Who == who).Add(vote) };
    }

    internal GateRecord Tell(PromotionFact.GateAnswered answered)
    {
        var isDecided = IsAnswered && Verdict is GateVerdict.Passed or GateVerdict.Failed;
        var isWord = answered.Verdict is GateVerdict.Passed or GateVerdict.Failed;
        if ((isDecided && !isWord) || answered.Verdict == GateVerdict.Waiting) return this;
        return this with
        {
            AnsweredRound = Round,
            Verdict = answered.Verdict,
            Answer = answered.Stamp,
            Evidence = answered.Evidence,
            Expires = answered.Expires,
            Errors = isWord ? 0 : Errors + 1,
        };
    }

    /// <summary>The answer is not trusted any more: it is asked anew.</summary>
    internal GateRecord Revoke() => new(Round + 1);
}
