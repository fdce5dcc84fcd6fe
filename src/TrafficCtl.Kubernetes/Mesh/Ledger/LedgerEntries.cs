using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>What is on record of one service: an entry for each of its routes.</summary>
internal static class LedgerEntries
{
    /// <summary>The entry of the target's own route, else any, with the abort of any; null when there is none.</summary>
    public static LedgerEntry? Find(ImmutableArray<LedgerEntry> entries, ClusterTarget target)
    {
        var route = target.Route.ToString();
        var own = entries.FirstOrDefault(e => e.Route == route) ?? entries.FirstOrDefault();
        if (own is null || own.Abort is not null) return own;
        return entries.FirstOrDefault(e => e.Abort is not null) is { } held ? own with { Abort = held.Abort } : own;
    }

    /// <summary>With this entry in the place of the one of its route, and without those of routes that the target names no more.</summary>
    public static ImmutableArray<LedgerEntry> Put(ImmutableArray<LedgerEntry> entries, ClusterTarget target, LedgerEntry entry)
    {
        var named = target.Routes.Select(r => r.Route.ToString()).ToHashSet(StringComparer.Ordinal);
        var kept = entries.Where(e => e.Route != entry.Route && named.Contains(e.Route));
        return [.. kept.Append(entry).OrderBy(e => e.Route, StringComparer.Ordinal)];
    }

    public static ImmutableArray<LedgerEntry> Remove(ImmutableArray<LedgerEntry> entries, ClusterTarget target) =>
        entries.RemoveAll(e => e.Route == target.Route.ToString());
}
