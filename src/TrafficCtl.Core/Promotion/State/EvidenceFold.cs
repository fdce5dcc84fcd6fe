using System.Diagnostics;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>Folds what is known of bundles, and what is not trusted any more.</summary>
internal static class EvidenceFold
{
    private static readonly GateRecord Unasked = new(0);

    public static PromotionState Apply(PromotionState state, PromotionFact fact) => fact switch
    {
        PromotionFact.GateAsked asked => In(state, asked.Environment, asked.Bundle, (at, record) =>
            at.With(asked.Bundle, Set(record, asked.Gate, GateOf(record, asked.Gate).Ask(asked)))),
        PromotionFact.GateAnswered answered =>
            In(state, answered.Environment, answered.Bundle, (at, record) => Answer(at, record, answered)),
        PromotionFact.GateVoted voted => In(state, voted.Environment, voted.Bundle, (at, record) => Vote(at, record, voted)),
        PromotionFact.EnvironmentGood good => Good(state, good),
        PromotionFact.EvidenceRevoked revoked =>
            In(state, revoked.Environment, revoked.Bundle, (at, record) => Revoke(at, record, revoked)),
        _ => throw new UnreachableException(),
    };

    private static PromotionState In(
        PromotionState state, string environment, string bundle, Func<EnvironmentState, BundleRecord, EnvironmentState> change)
    {
        state.Find(bundle);
        var before = state.In(environment);
        return state.With(environment, change(before, before.Of(bundle)));
    }

    private static EnvironmentState Answer(EnvironmentState state, BundleRecord record, PromotionFact.GateAnswered fact)
    {
        record = Set(record, fact.Gate, GateOf(record, fact.Gate).Tell(fact));
        if (fact.Verdict == GateVerdict.Passed) record = record with { RevokedGates = record.RevokedGates.Remove(fact.Gate) };
        state = Close(state.With(fact.Bundle, record), record, new(fact.Bundle, fact.Gate));
        return fact is { IsVerification: true, Verdict: GateVerdict.Failed } ? Failures.Fail(state, fact.Bundle, fact.Stamp) : state;
    }

    private static EnvironmentState Vote(EnvironmentState state, BundleRecord record, PromotionFact.GateVoted fact)
    {
        var before = GateOf(record, fact.Gate);
        var after = before.Vote(fact);
        if (after == before) return state;
        var voted = new VotedGate(fact.Bundle, fact.Gate);
        state = state.With(fact.Bundle, Set(record, fact.Gate, after));
        return state.OpenVotes.Contains(voted) ? state : state with { OpenVotes = state.OpenVotes.Add(voted) };
    }

    /// <summary>Once the gate is answered, nothing follows from its votes.</summary>
    private static EnvironmentState Close(EnvironmentState state, BundleRecord record, VotedGate voted) =>
        GateOf(record, voted.Gate).IsAnswered ? state with { OpenVotes = state.OpenVotes.Remove(voted) } : state;

    private static PromotionState Good(PromotionState state, PromotionFact.EnvironmentGood fact)
    {
        var (placed, before) = (state.Find(fact.Bundle), state.In(fact.Environment));
        var after = before.With(fact.Bundle, before.Of(fact.Bundle) with
        {
            GoodAt = fact.Stamp.At,
            Failure = null,
            Abort = null,
            Revocation = null,
            RevokedGates = BundleRecord.None.RevokedGates,
        });
        after = after with
        {
            GoodHistory = before.GoodHistory.Remove(fact.Bundle).Add(fact.Bundle),
            Newest = placed.Order > before.Newest ? placed.Order : before.Newest,
            Seat = before.Seat switch
            {
                null => new(fact.Bundle, fact.Stamp.At) { IsSettled = true, PromotedAt = fact.Stamp.At },
                { } seat when seat.Bundle == fact.Bundle => seat with { IsSettled = true },
                { } other => other,
            },
        };
        return state.With(fact.Environment, after);
    }

    private static EnvironmentState Revoke(EnvironmentState state, BundleRecord record, PromotionFact.EvidenceRevoked fact)
    {
        record = record with { GoodAt = null, Revocation = fact.Stamp };
        if (fact.Gate is { } gate)
        {
            record = Set(record, gate, GateOf(record, gate).Revoke());
            state = state with { OpenVotes = state.OpenVotes.Remove(new(fact.Bundle, gate)) };
            return state.With(fact.Bundle, record with { RevokedGates = record.RevokedGates.Add(gate) });
        }

        state = state.With(fact.Bundle, record);
        foreach (var (name, target) in state.Targets)
            if (target.Current == fact.Bundle && target.IsGood) state = state.With(name, target with { IsGood = false });
        return state;
    }

    private static GateRecord GateOf(BundleRecord record, string gate) => record.Gates.GetValueOrDefault(gate, Unasked);

    private static BundleRecord Set(BundleRecord record, string gate, GateRecord to) =>
        record with { Gates = record.Gates.SetItem(gate, to) };
}
