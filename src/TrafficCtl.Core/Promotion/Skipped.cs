using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Environments;

namespace TrafficCtl.Core.Promotion;

/// <summary>Which gates a rollback or a person passes over, so that this is said. No rollback passes over vetoes and data.</summary>
internal static class Skipped
{
    public static ImmutableArray<string> By(EnvironmentContext at, Resolved resolved)
    {
        if (resolved.Placed is not { } placed) return [];
        var isOverride = resolved.By is DesiredBy.Pin or DesiredBy.LastGood
            || (resolved.By is DesiredBy.Approved or DesiredBy.Seat && at.IsForced(placed.Bundle.Hash));
        if (!isOverride) return [];
        var skipped = ImmutableArray.CreateBuilder<string>();
        foreach (var before in at.Environment.After)
            if (EvidenceRules.GoodSince(at, before, placed) is null) skipped.Add($"Good in {before}");
        foreach (var gate in at.Environment.Needs)
            if (!IsOpen(at, gate, placed)) skipped.Add(gate.Id);
        return skipped.ToImmutable();
    }

    private static bool IsOpen(EnvironmentContext at, EntryGate gate, Bundles.Placed placed)
    {
        var before = at.Found.Facts.Count;
        var status = EntryGateRules.Evaluate(at, gate, placed, at.Now, mayAsk: false);
        while (at.Found.Facts.Count > before) at.Found.Facts.RemoveAt(at.Found.Facts.Count - 1);
        return status.IsOpen;
    }
}
