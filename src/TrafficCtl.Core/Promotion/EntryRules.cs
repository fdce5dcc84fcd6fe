using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;

namespace TrafficCtl.Core.Promotion;

/// <summary>Lets bundles into an environment: what is known first, and only then what somebody has to be asked.</summary>
internal static class EntryRules
{
    /// <summary>When a gate has its turn: it is asked once all of the turns before are open.</summary>
    private enum GateTurn
    {
        /// <summary>It follows from facts.</summary>
        Known,

        Latched,

        /// <summary>Its answer is soon old, so it is asked last.</summary>
        Live,
    }

    private enum Standing
    {
        Approved,

        /// <summary>Somebody is asked about it: nobody is asked about older ones meanwhile.</summary>
        Pending,

        Out,
    }

    /// <summary>The newest candidate that may enter now; null where none may. Says of each newer one what keeps it out.</summary>
    /// <param name="settled">What stays if none enters.</param>
    public static Placed? FindApproved(EnvironmentContext at, Placed? settled)
    {
        var mayAsk = true;
        foreach (var placed in Candidates.Of(at, settled))
        {
            at.Found.Candidates.Add(placed);
            var standing = Check(at, placed, mayAsk);
            if (standing == Standing.Approved) return placed;
            if (standing == Standing.Pending) mayAsk = false;
        }

        return null;
    }

    private static Standing Check(EnvironmentContext at, Placed placed, bool mayAsk)
    {
        var bundle = placed.Bundle;
        if (Candidates.IsLost(at, placed))
            return Out(at, new(
                bundle, BlockKind.Lost, at.Spec.Service, null, bundle.PublishedAt,
                $"{bundle.Name} was published before the record of {at.Spec.Service} was lost",
                $"order {bundle.Name}, or publish a new version"));
        if (Withdrawals.Of(at, placed) is { } withdrawal) return Out(at, withdrawal);
        if (at.IsForced(bundle.Hash)) return Standing.Approved;
        if (at.StopAt(null) is { } stop) return Out(at, Lines.Block(bundle, stop));
        if (FindReady(at, placed) is not { } since) return Standing.Out;
        var isOrdered = at.State.Orders.ContainsKey(bundle.Hash);
        if (at.Environment.Mode == PromotionMode.OnDemand && !isOrdered)
        {
            at.Found.Blocks.Add(Modes.Block(at, bundle, since));
            return Standing.Pending;
        }

        mayAsk |= WasAsked(at, bundle.Hash);
        if (!AreOpen(at, placed, since, GateTurn.Known, mayAsk, out _)) return Standing.Out;
        if (!AreOpen(at, placed, since, GateTurn.Latched, mayAsk, out var isFailed)) return isFailed ? Standing.Out : Standing.Pending;
        if (!AreOpen(at, placed, since, GateTurn.Live, mayAsk, out _)) return Standing.Pending;
        if (at.Environment.Mode != PromotionMode.Propose || isOrdered) return Standing.Approved;
        Modes.Propose(at, bundle);
        at.Found.Blocks.Add(Modes.Block(at, bundle, since));
        return Standing.Pending;
    }

    private static Standing Out(EnvironmentContext at, Block block)
    {
        at.Found.Blocks.Add(block);
        return Standing.Out;
    }

    /// <summary>Since when it is Good in each environment before; null where it is not in one.</summary>
    private static DateTimeOffset? FindReady(EnvironmentContext at, Placed placed)
    {
        DateTimeOffset? since = placed.Bundle.PublishedAt;
        foreach (var before in at.Environment.After)
        {
            var good = EvidenceRules.GoodSince(at, before, placed);
            if (good is null)
                at.Found.Blocks.Add(new(
                    placed.Bundle, BlockKind.Upstream, before, null, placed.Bundle.PublishedAt,
                    $"{placed.Bundle.Name} is not Good in {before}", $"{placed.Bundle.Name} becomes Good in {before}"));
            since = good is null || since is null ? null : good > since ? good : since;
        }

        return since;
    }

    private static bool AreOpen(
        EnvironmentContext at, Placed placed, DateTimeOffset since, GateTurn turn, bool mayAsk, out bool isFailed)
    {
        var (areOpen, failed) = (true, false);
        foreach (var gate in at.Environment.Needs)
        {
            if (TurnOf(at, gate) != turn) continue;
            var status = EntryGateRules.Evaluate(at, gate, placed, since, mayAsk);
            if (status.IsOpen) continue;
            areOpen = false;
            failed |= status.Stand == GateStand.Failed;
            at.Found.Blocks.Add(GateBlocks.Of(placed.Bundle, status));
        }

        isFailed = failed;
        return areOpen;
    }

    private static GateTurn TurnOf(EnvironmentContext at, EntryGate gate) =>
        EntryGateRules.IsStateless(at, gate) ? GateTurn.Known : gate.Kind == GateKind.Live ? GateTurn.Live : GateTurn.Latched;

    private static bool WasAsked(EnvironmentContext at, string bundle) => !at.State.Of(bundle).Gates.IsEmpty;
}
