using System.Diagnostics;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>Folds what targets and their rollouts report.</summary>
internal static class RolloutFold
{
    public static PromotionState Apply(PromotionState state, PromotionFact.OfTarget fact)
    {
        var before = state.In(fact.Environment);
        var after = fact switch
        {
            PromotionFact.TargetObserved observed => Observe(before, observed),
            PromotionFact.RolloutStarted started => Start(before, started, state.Find(started.Bundle)),
            PromotionFact.RolloutStepped stepped => Step(before, stepped),
            PromotionFact.RolloutPromoted promoted => Promote(before, promoted),
            PromotionFact.RolloutGood good => Finish(before, good, state.Find(good.Bundle)),
            PromotionFact.RolloutRolledBack back => GoBack(before, back),
            PromotionFact.RolloutAborted aborted =>
                Failures.Abort(Leave(before, aborted, aborted.Bundle, aborted.To), aborted.Bundle, aborted.Stamp),
            PromotionFact.RolloutWithdrawn withdrawn => Withdraw(before, withdrawn),
            PromotionFact.RequestsServed served => Serve(before, served),
            _ => throw new UnreachableException(),
        };
        return state.With(fact.Environment, after);
    }

    private static EnvironmentState Observe(EnvironmentState state, PromotionFact.TargetObserved fact)
    {
        var target = state.At(fact.Target);
        var changed = target with { IsConnected = fact.IsConnected, ObservedAt = fact.Stamp.At };
        if (target.IsConnected != fact.IsConnected && target.Current is { } current)
        {
            var record = state.Of(current);
            var occupancy = record.Occupancy;
            occupancy = fact.IsConnected ? occupancy.Enter(fact.Stamp.At) : occupancy.Leave(fact.Stamp.At);
            state = state.With(current, record with { Occupancy = occupancy });
        }

        return state.With(fact.Target, changed);
    }

    private static EnvironmentState Start(EnvironmentState state, PromotionFact.RolloutStarted fact, Placed placed)
    {
        var record = state.Of(fact.Bundle);
        state = state.With(fact.Bundle, record with { StartedAt = record.StartedAt ?? fact.Stamp.At });
        state = state.With(fact.Target, state.At(fact.Target) with
        {
            Active = new(fact.Bundle, fact.RolloutId, fact.Reason, fact.Stamp.At),
        });
        if (placed.Order > state.Newest) state = state with { Newest = placed.Order };
        if (fact.Reason is not (StartReason.Promotion or StartReason.Pin)) return state;
        var isOrdered = fact.Reason == StartReason.Pin || state.Orders.ContainsKey(fact.Bundle);
        if (isOrdered) state = Consume(state, fact.Bundle);
        return state.Seat is { IsOver: false } seat && seat.Bundle == fact.Bundle
            ? state
            : state with { Seat = new(fact.Bundle, fact.Stamp.At) { IsOrdered = isOrdered } };
    }

    /// <summary>The order is carried out: to bring the bundle here another time is another decision.</summary>
    private static EnvironmentState Consume(EnvironmentState state, string bundle)
    {
        var record = state.Of(bundle);
        if (record.Gates.TryGetValue(ReservedGates.Proposal, out var proposal))
            state = state.With(bundle, record with { Gates = record.Gates.SetItem(ReservedGates.Proposal, proposal.Revoke()) });
        return state with { Orders = state.Orders.Remove(bundle) };
    }

    private static EnvironmentState Step(EnvironmentState state, PromotionFact.RolloutStepped fact)
    {
        var target = state.At(fact.Target);
        return target.Active is { } active && active.Bundle == fact.Bundle
            ? state.With(fact.Target, target with { Active = active with { Step = fact.Step } })
            : state;
    }

    private static EnvironmentState Promote(EnvironmentState state, PromotionFact.RolloutPromoted fact)
    {
        state = Run(state, fact.Target, fact.Bundle, isGood: false, fact.Stamp.At);
        var target = state.At(fact.Target);
        if (target.Active is { } active && active.Bundle == fact.Bundle)
            state = state.With(fact.Target, target with { Active = active with { PromotedAt = active.PromotedAt ?? fact.Stamp.At } });
        return state.Seat is { PromotedAt: null } seat && seat.Bundle == fact.Bundle
            ? state with { Seat = seat with { PromotedAt = fact.Stamp.At } }
            : state;
    }

    private static EnvironmentState Finish(EnvironmentState state, PromotionFact.RolloutGood fact, Placed placed)
    {
        state = Run(state, fact.Target, fact.Bundle, isGood: true, fact.Stamp.At);
        if (placed.Order > state.Newest) state = state with { Newest = placed.Order };
        var target = state.At(fact.Target);
        return target.Active?.Bundle == fact.Bundle ? state.With(fact.Target, target with { Active = null }) : state;
    }

    /// <summary>A bundle that is Good here and fails on a target that is new or was away says more of the target.</summary>
    private static EnvironmentState GoBack(EnvironmentState state, PromotionFact.RolloutRolledBack fact)
    {
        var isOfTarget = state.Of(fact.Bundle).GoodAt is not null
            && state.At(fact.Target).Active is { Reason: StartReason.Convergence or StartReason.Back } active
            && active.Bundle == fact.Bundle;
        state = Leave(state, fact, fact.Bundle, fact.To);
        if (fact.Cause == RollbackCause.Superseded) return state;
        if (isOfTarget) return state with { TargetStopsDue = state.TargetStopsDue.SetItem(fact.Target, fact.Stamp.Why) };
        if (!fact.IsFailure) return Failures.Abort(state, fact.Bundle, fact.Stamp);
        return Failures.Returned(Failures.Fail(state, fact.Bundle, fact.Stamp), fact.Bundle, fact.To);
    }

    private static EnvironmentState Withdraw(EnvironmentState state, PromotionFact.RolloutWithdrawn fact)
    {
        state = Leave(state, fact, fact.Bundle, fact.To);
        if (state.Of(fact.Bundle).Failure is not null) state = Failures.Returned(state, fact.Bundle, fact.To);
        return state.Seat?.Bundle == fact.Bundle ? state with { Seat = state.Seat with { IsOver = true } } : state;
    }

    /// <summary>The rollout is over, and the target runs what it is said to run.</summary>
    private static EnvironmentState Leave(EnvironmentState state, PromotionFact.OfTarget fact, string bundle, string? to)
    {
        var target = state.At(fact.Target);
        if (target.Active?.Bundle == bundle) state = state.With(fact.Target, target with { Active = null });
        return Run(state, fact.Target, to, isGood: to is not null && state.Of(to).GoodAt is not null, fact.Stamp.At);
    }

    private static EnvironmentState Run(EnvironmentState state, string name, string? bundle, bool isGood, DateTimeOffset at)
    {
        var target = state.At(name);
        if (target.Current == bundle)
            return isGood && !target.IsGood ? state.With(name, target with { IsGood = true }) : state;
        if (target.IsConnected)
        {
            if (target.Current is { } old) state = Occupy(state, old, state.Of(old).Occupancy.Leave(at));
            if (bundle is not null) state = Occupy(state, bundle, state.Of(bundle).Occupancy.Enter(at));
        }

        return state.With(name, target with { Current = bundle, CurrentSince = at, IsGood = isGood });
    }

    private static EnvironmentState Serve(EnvironmentState state, PromotionFact.RequestsServed fact) =>
        state.At(fact.Target).Current == fact.Bundle
            ? Occupy(state, fact.Bundle, state.Of(fact.Bundle).Occupancy.Serve(fact.Requests))
            : state;

    private static EnvironmentState Occupy(EnvironmentState state, string bundle, BundleOccupancy occupancy) =>
        state.With(bundle, state.Of(bundle) with { Occupancy = occupancy });
}
