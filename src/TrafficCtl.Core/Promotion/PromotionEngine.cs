using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>Decides which bundle each environment and target is to run. A pure function: equal inputs give equal decisions.</summary>
/// <remarks>
/// A decision may hold facts that follow from those so far. They are to be appended, and the environment and those that depend on it
/// evaluated again; <see cref="Settle"/> does that.
/// <para>A driver appends what happened, settles, saves the facts, and decides. Then it records each question as
/// <see cref="PromotionFact.GateAsked"/>, saves, and asks. For each target it does what the action says and appends what came of it:
/// <see cref="TargetAction.Start"/> is a <see cref="PromotionFact.RolloutStarted"/> with the reason of the decision,
/// <see cref="TargetAction.GoBack"/> a <see cref="PromotionFact.RolloutWithdrawn"/> once the traffic is back, and a rollout that ends by
/// itself one of <see cref="PromotionFact.RolloutGood"/>, <see cref="PromotionFact.RolloutRolledBack"/> and
/// <see cref="PromotionFact.RolloutAborted"/>. Actions are repeated until their facts are there, so a crash between loses nothing.</para>
/// </remarks>
public static class PromotionEngine
{
    /// <summary>More rounds than facts can follow from each other: a fact of this engine never calls for itself again.</summary>
    private const int MostRounds = 1000;

    /// <summary>For every environment, each after all that it depends on.</summary>
    public static ImmutableArray<EnvironmentDecision> Decide(PromotionSpec spec, PromotionState state, DateTimeOffset now)
    {
        var decisions = ImmutableArray.CreateBuilder<EnvironmentDecision>(spec.Environments.Length);
        foreach (var environment in spec.Environments) decisions.Add(Decide(spec, environment, state, now));
        return decisions.MoveToImmutable();
    }

    /// <summary>For one environment of the specification.</summary>
    public static EnvironmentDecision Decide(PromotionSpec spec, EnvironmentSpec environment, PromotionState state, DateTimeOffset now)
    {
        var at = new EnvironmentContext(spec, environment, state, now);
        FailureRules.Derive(at);
        ApprovalRules.Derive(at);
        var resolved = Resolution.Of(at);
        GoodRules.Check(at, resolved.Placed);
        var targets = new TargetRules(at, resolved, FindClosed(at, resolved));
        var decided = ImmutableArray.CreateBuilder<TargetDecision>(environment.Targets.Length);
        foreach (var target in environment.Targets) decided.Add(targets.Decide(target));
        var skips = Skipped.By(at, resolved);
        return new(environment.Name, resolved.Placed?.Bundle, resolved.By, resolved.Why, skips)
        {
            Targets = decided.MoveToImmutable(),
            Bundles = Phases.Views(at, resolved),
            Questions = at.Found.Questions.ToImmutable(),
            Blocks = at.Found.Blocks.ToImmutable(),
            Facts = at.Found.Facts.ToImmutable(),
            BreakGlass = at.State.BreakGlass,
        };
    }

    /// <summary>Appends what follows from the facts until nothing more does: the state then, and the facts to save, in order.</summary>
    public static (PromotionState State, ImmutableArray<PromotionFact> Facts) Settle(
        PromotionSpec spec, PromotionState state, DateTimeOffset now)
    {
        var added = ImmutableArray.CreateBuilder<PromotionFact>();
        for (var round = 0; round < MostRounds; round++)
        {
            var before = added.Count;
            foreach (var environment in spec.Environments)
                foreach (var fact in Decide(spec, environment, state, now).Facts)
                {
                    state = state.Append(fact, out var numbered);
                    added.Add(numbered);
                }

            if (added.Count == before) return (state, added.ToImmutable());
        }

        throw new InvalidOperationException($"facts of {spec.Service} follow from each other without an end: {added[^1].Name}");
    }

    /// <summary>The live gate that holds back further steps of what is being let in; null where all are open.</summary>
    private static GateStatus? FindClosed(EnvironmentContext at, Resolved resolved)
    {
        if (at.State.Seat is not { IsSettled: false, IsOver: false } seat || resolved.Placed?.Bundle.Hash != seat.Bundle
            || resolved.By is DesiredBy.Pin || at.IsForced(seat.Bundle) || !IsOnItsWay(at, seat.Bundle)) return null;
        GateStatus? closed = null;
        foreach (var gate in at.Environment.Needs)
        {
            if (gate.Kind != GateKind.Live) continue;
            var status = EntryGateRules.Evaluate(at, gate, resolved.Placed, seat.StartedAt, mayAsk: true);
            if (status.IsOpen) continue;
            at.Found.Blocks.Add(GateBlocks.Of(resolved.Placed.Bundle, status));
            closed ??= status;
        }

        return closed;
    }

    /// <summary>A target has yet to reach 100 %: after that no step is left to hold back.</summary>
    private static bool IsOnItsWay(EnvironmentContext at, string bundle)
    {
        foreach (var name in at.Environment.Targets)
        {
            var target = at.State.At(name);
            if (target.IsConnected && (target.Current != bundle || target.Active is { PromotedAt: null })) return true;
        }

        return false;
    }
}
