using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>A ledger that ends with the process: for one process, and for tests.</summary>
internal sealed class MemoryLedger : IRouteLedger
{
    private readonly ConcurrentDictionary<string, ImmutableArray<LedgerEntry>> entries = new(StringComparer.Ordinal);

    public ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop) =>
        ValueTask.FromResult(LedgerEntries.Find(entries.GetValueOrDefault(service, []), target));

    public ValueTask<ImmutableArray<(string Service, LedgerEntry Entry)>> AllAsync(CancellationToken stop) =>
        ValueTask.FromResult<ImmutableArray<(string, LedgerEntry)>>([.. entries.SelectMany(s => s.Value.Select(e => (s.Key, e)))]);

    public ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop)
    {
        entries.AddOrUpdate(service, _ => [entry], (_, before) => LedgerEntries.Put(before, target, entry));
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop)
    {
        entries.AddOrUpdate(service, _ => [], (_, before) => LedgerEntries.Remove(before, target));
        return ValueTask.CompletedTask;
    }
}
