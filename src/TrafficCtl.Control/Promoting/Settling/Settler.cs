using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Promoting.Settling;

/// <summary>Appends what was seen and ordered, what follows from it, what is to be asked and what is to be started. Pure.</summary>
internal static class Settler
{
    /// <summary>A start calls for a question at most, and a question for nothing before it is answered.</summary>
    private const int MostTurns = 100;

    /// <param name="pipeline">As it was before the round.</param>
    /// <param name="seen">Facts without a sequence, oldest first.</param>
    /// <param name="orders">They make facts of what people ask for.</param>
    /// <param name="now">The time of the round.</param>
    public static Settled Settle(
        PipelineMemory pipeline, ImmutableArray<PromotionFact> seen, ImmutableArray<Func<DateTimeOffset, PromotionFact>> orders,
        DateTimeOffset now)
    {
        var (spec, state) = (pipeline.Spec.Promotion, pipeline.State);
        var facts = ImmutableArray.CreateBuilder<PromotionFact>();
        var questions = ImmutableArray.CreateBuilder<Question>();
        foreach (var fact in seen) state = Append(state, fact, facts);
        if (!seen.IsEmpty && !orders.IsEmpty) state = Follow(state);
        var outcomes = ImmutableArray.CreateBuilder<OrderOutcome>(orders.Length);
        foreach (var order in orders)
        {
            var fact = order(now);
            if (Core.Promotion.Orders.Refusal(spec, state, fact, now) is { } refusal)
            {
                outcomes.Add(new(false, refusal));
                continue;
            }

            state = Append(state, fact, facts);
            outcomes.Add(new(true, "", facts[^1]));
        }

        for (var turn = 0; turn < MostTurns; turn++)
        {
            var decisions = PromotionEngine.Decide(spec, state, now);
            if (HasFacts(decisions))
            {
                state = Follow(state);
                continue;
            }

            var before = facts.Count;
            foreach (var decided in decisions)
            {
                foreach (var question in decided.Questions)
                {
                    state = Append(state, Asked(question, now), facts);
                    questions.Add(question);
                }

                foreach (var target in decided.Targets)
                    if (target is { Action: TargetAction.Start, Bundle: not null })
                        state = Append(state, Started(pipeline, decided.Environment, target, now), facts);
            }

            if (facts.Count > before) continue;
            return new(state, facts.ToImmutable(), decisions, questions.ToImmutable(), Answers(outcomes, decisions));
        }

        throw new InvalidOperationException($"facts of {spec.Service} follow from each other without an end: {facts[^1].Name}");

        PromotionState Follow(PromotionState from)
        {
            var (next, added) = PromotionEngine.Settle(spec, from, now);
            facts.AddRange(added);
            return next;
        }
    }

    private static PromotionState Append(PromotionState state, PromotionFact fact, ImmutableArray<PromotionFact>.Builder facts)
    {
        state = state.Append(fact, out var numbered);
        facts.Add(numbered);
        return state;
    }

    private static bool HasFacts(ImmutableArray<EnvironmentDecision> decisions)
    {
        foreach (var decided in decisions)
            if (!decided.Facts.IsEmpty) return true;
        return false;
    }

    private static PromotionFact.GateAsked Asked(Question question, DateTimeOffset now) => new(
        new(0, now, FactStamp.Engine, question.IsVerification ? "it runs, and is to be verified" : "it is to be let in"),
        question.Environment, question.Gate, question.Bundle.Hash, question.Round);

    private static PromotionFact.RolloutStarted Started(
        PipelineMemory pipeline, string environment, TargetDecision decided, DateTimeOffset now)
    {
        var key = new TargetKey(pipeline.Spec.Service, environment, decided.Target);
        var record = pipeline.Targets.FirstOrDefault(t => t.Key == key)?.Rollout.Record;
        var number = record is null ? 0 : record.LastNumber + 1;
        return new(
            new(0, now, FactStamp.Engine, decided.Why), environment, decided.Target, decided.Bundle!.Hash,
            RolloutState.IdOf(key, number), decided.Reason ?? StartReason.Convergence);
    }

    /// <summary>What follows from an order is known when all of the round is decided.</summary>
    private static ImmutableArray<OrderOutcome> Answers(
        ImmutableArray<OrderOutcome>.Builder outcomes, ImmutableArray<EnvironmentDecision> decisions)
    {
        for (var i = 0; i < outcomes.Count; i++)
            if (outcomes[i] is { IsAccepted: true, Fact: { } fact } outcome)
                outcomes[i] = outcome with { Answer = OrderWords.Of(fact, decisions) };
        return outcomes.ToImmutable();
    }
}
