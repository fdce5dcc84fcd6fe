using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

/// <summary>When a bundle is Good in an environment: on every connected target, and verified.</summary>
internal static class GoodRules
{
    /// <summary>Asks its verifications once it is current everywhere, and derives that it is Good.</summary>
    public static void Check(EnvironmentContext at, Placed? desired)
    {
        if (desired is null || IsKnown(at, desired.Bundle.Hash)) return;
        var record = at.State.Of(desired.Bundle.Hash);
        if (record.Failure is not null || record.Abort is not null) return;
        var (isCurrent, isGood, away, since) = Look(at, desired.Bundle.Hash);
        if (!isCurrent) return;
        if (at.Environment.Tolerate is { } tolerated && away > tolerated)
        {
            at.Found.Blocks.Add(new(
                desired.Bundle, BlockKind.Target, at.Name, null, since, $"{away} targets are not connected, and {tolerated} may be",
                "they come back, or leave the environment"));
            return;
        }

        var isVerified = IsVerified(at, desired, since);
        if (!isGood || !isVerified || Withdrawals.Of(at, desired) is not null) return;
        var why = $"{desired.Bundle.Name} is Good on every target that counts";
        at.Found.Facts.Add(new PromotionFact.EnvironmentGood(new(0, at.Now, FactStamp.Engine, why), at.Name, desired.Bundle.Hash));
    }

    private static bool IsKnown(EnvironmentContext at, string bundle) => at.State.Of(bundle).GoodAt is not null
        && !(at.State.Seat is { IsSettled: false, IsOver: false } seat && seat.Bundle == bundle);

    /// <summary>At least one target counts, and all that are connected do.</summary>
    private static (bool IsCurrent, bool IsGood, int Away, DateTimeOffset Since) Look(EnvironmentContext at, string bundle)
    {
        var (isCurrent, isGood, away, counted) = (true, true, 0, 0);
        var since = DateTimeOffset.MinValue;
        foreach (var name in at.Environment.Targets)
        {
            var target = at.State.At(name);
            if (!target.IsConnected)
            {
                away++;
                continue;
            }

            counted++;
            var runs = target.Current == bundle;
            isCurrent &= runs;
            isGood &= runs && target.IsGood;
            if (runs && target.CurrentSince > since) since = target.CurrentSince;
        }

        return (isCurrent && counted > 0, isGood && counted > 0, away, since);
    }

    private static bool IsVerified(EnvironmentContext at, Placed placed, DateTimeOffset since)
    {
        var isVerified = true;
        foreach (var gate in at.Environment.Verify)
        {
            var status = EntryGateRules.Evaluate(at, gate, placed, since, mayAsk: true, isVerification: true);
            if (status.IsOpen) continue;
            isVerified = false;
            at.Found.Blocks.Add(GateBlocks.Of(placed.Bundle, status));
        }

        return isVerified;
    }
}
