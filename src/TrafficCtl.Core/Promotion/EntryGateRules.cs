using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>What a gate says of a bundle, what is to be asked, and what follows at its deadline.</summary>
internal static class EntryGateRules
{
    /// <summary>The wait after the first error; it doubles with each.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    /// <summary>It follows from facts: nobody has to be asked.</summary>
    public static bool IsStateless(EnvironmentContext at, EntryGate gate) =>
        gate.Soak is not null || (gate.Kind != GateKind.Latched && gate.Gate?.Answer(new GateFacts(at.Now)) is not null);

    /// <param name="since">Since when the bundle could be asked about; a gate that was never asked has its deadline from then.</param>
    /// <param name="mayAsk">False where only answers that are there count.</param>
    public static GateStatus Evaluate(
        EnvironmentContext at, EntryGate gate, Placed placed, DateTimeOffset since, bool mayAsk, bool isVerification = false)
    {
        var record = at.State.Of(placed.Bundle.Hash).Gates.GetValueOrDefault(gate.Id);
        if (record is { IsByDeadline: true, Verdict: { } outcome })
            return new(gate, outcome == GateVerdict.Passed ? GateStand.Open : GateStand.Failed, record.Answer.Why, record.Answer.At);
        var isStateless = IsStateless(at, gate);
        var status = isStateless ? Derive(at, gate, placed, since) : Read(at, gate, record, since);
        if (status.Stand == GateStand.Waiting && ApprovalRules.Find(at, gate, record) is { } votes)
            status = status with { Why = votes.Why, Since = record?.AskedAt ?? status.Since };
        if (!isStateless && mayAsk && DueRound(at, gate, record) is { } round)
            at.Found.Questions.Add(new(at.Spec.Service, at.Name, gate.Id, placed.Bundle, round, isVerification));
        var isUnanswered = !status.IsOpen && status.Stand != GateStand.Failed && !ApprovalRules.IsDecided(at, gate, record);
        if (isUnanswered && (isStateless ? since : record?.FirstAskedAt) is { } from)
            CheckDeadline(at, gate, placed, from, isVerification);
        return status;
    }

    private static GateStatus Derive(EnvironmentContext at, EntryGate gate, Placed placed, DateTimeOffset since)
    {
        if (gate.Soak is { } soak)
        {
            var had = at.All.In(soak.In).Of(EvidenceRules.Stands(at, soak.In, placed) ?? placed.Bundle.Hash).Occupancy.LongestAt(at.Now);
            return had.IsEnough(soak.For, soak.Requests)
                ? new(gate, GateStand.Open, "the soak is over", since)
                : new(
                    gate, GateStand.Waiting, $"{DurationText.Elapsed(had.Time)} of {DurationText.Of(soak.For)} and "
                        + $"{NumberText.Count(had.Requests)} of {NumberText.Count(soak.Requests)} requests in {soak.In}", since);
        }

        return gate.Gate?.Answer(new GateFacts(at.Now)) switch
        {
            GateAnswer.Open open => new(gate, GateStand.Open, open.Why, since),
            GateAnswer.Closed closed =>
                new(gate, gate.Kind == GateKind.Live ? GateStand.Closed : GateStand.Waiting, closed.Why, since),
            GateAnswer.Failed failed => new(gate, GateStand.Failed, failed.Why, since),
            { } unknown => new(gate, GateStand.Waiting, unknown.Why, since),
            null => new(gate, GateStand.Waiting, "nothing is known of it", since),
        };
    }

    private static GateStatus Read(EnvironmentContext at, EntryGate gate, GateRecord? record, DateTimeOffset since)
    {
        if (record?.Verdict is not { } verdict)
            return record?.AskedAt is { } asked
                ? new(gate, GateStand.Waiting, "no answer yet", asked)
                : new(gate, GateStand.Waiting, "it was not asked yet", since);
        var answer = record.Answer;
        var isValid = ValidUntil(gate, record) is not { } until || at.Now < until;
        return verdict switch
        {
            GateVerdict.Passed when isValid => new(gate, GateStand.Open, answer.Why, answer.At),
            GateVerdict.Passed => new(gate, GateStand.Waiting, $"its answer expired: {answer.Why}", answer.At),
            GateVerdict.Failed when gate.Kind != GateKind.Live => new(gate, GateStand.Failed, answer.Why, answer.At),
            GateVerdict.Failed when isValid => new(gate, GateStand.Closed, answer.Why, answer.At),
            GateVerdict.Errored => new(gate, GateStand.Waiting, $"it could not be found out: {answer.Why}", answer.At),
            _ => new(gate, GateStand.Waiting, $"its answer is too old: {answer.Why}", answer.At),
        };
    }

    /// <summary>The round in which it is to be asked now; null where it is not.</summary>
    private static int? DueRound(EnvironmentContext at, EntryGate gate, GateRecord? record)
    {
        if (record is null) return 0;
        if (record.IsOpen) return null;
        if (record.Verdict is not { } verdict || record.AnsweredRound < record.Round) return record.Round;
        var isDue = verdict switch
        {
            GateVerdict.Errored => at.Now >= record.Answer.At + RetryAfter(record.Errors),
            GateVerdict.Failed when gate.Kind != GateKind.Live => false,
            _ => ValidUntil(gate, record) is { } until && at.Now >= RenewAt(gate, record.Answer.At, until),
        };
        return isDue ? record.Round + 1 : null;
    }

    /// <summary>A live answer is renewed while it still counts, so that a good answer leaves no gap.</summary>
    private static DateTimeOffset RenewAt(EntryGate gate, DateTimeOffset answered, DateTimeOffset until) =>
        gate.Kind == GateKind.Live ? answered + ((until - answered) / 2) : until;

    private static DateTimeOffset? ValidUntil(EntryGate gate, GateRecord record) =>
        record.Expires ?? (gate.Kind == GateKind.Live ? record.Answer.At + gate.Freshness : null);

    private static TimeSpan RetryAfter(int errors) =>
        errors > 8 ? LongestRetry : TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Max(0, errors - 1)));

    private static void CheckDeadline(EnvironmentContext at, EntryGate gate, Placed placed, DateTimeOffset from, bool isVerification)
    {
        if (gate.Deadline is not { } deadline || gate.AtDeadline == GateOutcome.Pause || at.Now - from < deadline) return;
        var verdict = gate.AtDeadline == GateOutcome.Pass ? GateVerdict.Passed : GateVerdict.Failed;
        var declared = verdict == GateVerdict.Passed ? "pass" : "fail";
        var why = $"{gate.Id} did not open within {DurationText.Of(deadline)}: {declared} is declared";
        at.Found.Facts.Add(new PromotionFact.GateAnswered(
            new(0, at.Now, FactStamp.Engine, why), at.Name, gate.Id, placed.Bundle.Hash, verdict, isVerification));
    }
}
