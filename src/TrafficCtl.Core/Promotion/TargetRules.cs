using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>Brings each target to the desired bundle of its environment: one rollout at a time, nothing new on a stopped line.</summary>
internal sealed class TargetRules(EnvironmentContext at, Resolved resolved, GateStatus? closed)
{
    public TargetDecision Decide(string name)
    {
        var target = at.State.At(name);
        var desired = DesiredOf(target);
        if (!target.IsConnected)
        {
            at.Found.Blocks.Add(new(
                resolved.Placed?.Bundle, BlockKind.Target, name, null, target.ObservedAt ?? at.Now,
                $"{at.Name}/{name} is not connected", $"{name} comes back: it gets what {at.Name} is to run then"));
            return Say(name, TargetAction.Wait, desired, "not connected");
        }

        return target.Active is { } active ? WhileActive(name, target, active, desired) : WhileQuiet(name, target, desired);
    }

    /// <summary>A target that runs nothing starts at the last good bundle, so that a rollout has something to go back to.</summary>
    private Placed? DesiredOf(TargetRecord target) =>
        target is { Current: null, Active: null } && resolved.By is not (DesiredBy.Pin or DesiredBy.Hold or DesiredBy.Nothing)
        && at.LastGood is { } good && good.Order < resolved.Placed!.Order
            ? good
            : resolved.Placed;

    private TargetDecision WhileActive(string name, TargetRecord target, ActiveRollout active, Placed? desired)
    {
        var running = at.All.Find(active.Bundle);
        var withdrawal = resolved.By == DesiredBy.Pin && desired == running ? null : Withdrawals.Of(at, running);
        if (desired == running && withdrawal is null) return Proceed(name, active, running);
        if (desired is null)
            return withdrawal is null
                ? Proceed(name, active, running)
                : Say(name, TargetAction.Pause, null, $"{withdrawal.Why}; nothing to go back to");
        if (withdrawal is not null) return Say(name, TargetAction.GoBack, desired, withdrawal.Why);
        if (desired.Order < running.Order) return Say(name, TargetAction.GoBack, desired, resolved.Why);
        if (target.Current is null && at.LastGood == running && resolved.By != DesiredBy.Pin) return Proceed(name, active, running);
        if (active.PromotedAt is not null && resolved.By != DesiredBy.Pin)
            return Say(name, TargetAction.Wait, desired, $"{running.Bundle.Name} is between 100 % and Good there");
        return Start(name, desired);
    }

    private TargetDecision WhileQuiet(string name, TargetRecord target, Placed? desired)
    {
        var withdrawal = target.Current is { } current && !(resolved.By == DesiredBy.Pin && desired?.Bundle.Hash == current)
            ? Withdrawals.Of(at, current)
            : null;
        if (desired is null)
            return Say(
                name, TargetAction.Keep, null, withdrawal is null ? "it stays as it is" : $"{withdrawal.Why}; nothing to go back to");
        if (desired.Bundle.Hash == target.Current) return Say(name, TargetAction.Keep, desired, "it has what it is to have");
        return withdrawal is null ? Start(name, desired) : Say(name, TargetAction.GoBack, desired, withdrawal.Why);
    }

    private TargetDecision Proceed(string name, ActiveRollout active, Placed running)
    {
        if (active.PromotedAt is not null) return Say(name, TargetAction.Continue, running, "at 100 %");
        if (StopFor(name, running) is { } stop) return Say(name, TargetAction.Pause, running, Lines.Words(stop));
        return closed is { } gate && IsGated(running)
            ? Say(name, TargetAction.Pause, running, $"{gate.Gate.Id}: {gate.Why}")
            : Say(name, TargetAction.Continue, running, "its gates are open");
    }

    private TargetDecision Start(string name, Placed desired)
    {
        if (StopFor(name, desired) is { } stop)
        {
            at.Found.Blocks.Add(Lines.Block(desired.Bundle, stop));
            return Say(name, TargetAction.Wait, desired, Lines.Words(stop));
        }

        return closed is { } gate && IsGated(desired)
            ? Say(name, TargetAction.Wait, desired, $"{gate.Gate.Id}: {gate.Why}")
            : new(name, TargetAction.Start, desired.Bundle, ReasonFor(desired), resolved.Why, FallBackFrom(desired));
    }

    /// <summary>A stopped line starts nothing but the last good bundle, a stopped target nothing at all; what was forced passes.</summary>
    private LineStop? StopFor(string name, Placed placed)
    {
        if (at.IsForced(placed.Bundle.Hash)) return null;
        var stop = at.StopAt(name);
        return stop is { Scope.Target: null } && at.LastGood == placed ? null : stop;
    }

    /// <summary>Live gates hold back what is being let in; what is there already, and what a person pinned, converges.</summary>
    private bool IsGated(Placed placed) =>
        resolved.By != DesiredBy.Pin && at.State.Seat is { IsSettled: false } seat && seat.Bundle == placed.Bundle.Hash;

    private StartReason ReasonFor(Placed desired)
    {
        if (desired != resolved.Placed) return StartReason.Convergence;
        var isSeat = at.State.Seat is { IsOver: false } seat && seat.Bundle == desired.Bundle.Hash;
        return resolved.By switch
        {
            DesiredBy.Pin => StartReason.Pin,
            DesiredBy.Approved or DesiredBy.Seat => StartReason.Promotion,
            DesiredBy.Settled => StartReason.Convergence,
            DesiredBy.Hold when isSeat => at.State.Seat!.IsSettled ? StartReason.Convergence : StartReason.Promotion,
            _ => StartReason.Back,
        };
    }

    private TargetDecision Say(string name, TargetAction action, Placed? placed, string why) =>
        new(name, action, placed?.Bundle, null, why, FallBackFrom(placed));

    private Bundle? FallBackFrom(Placed? placed) =>
        placed is not null && at.LastGood is { } good && good != placed
        && DataRules.Barrier(at.All.Line, good.Order, placed.Order) is null
            ? good.Bundle
            : null;
}
