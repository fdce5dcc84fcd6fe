using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Mesh.Ledger;

/// <summary>A ledger that ends with the process: for one process, and for tests.</summary>
internal sealed class MemoryLedger : IRouteLedger
{
    private readonly ConcurrentDictionary<string, LedgerEntry> entries = new(StringComparer.Ordinal);

    public ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop) => ValueTask.FromResult(entries.GetValueOrDefault(service));

    public ValueTask<ImmutableArray<(string Service, LedgerEntry Entry)>> AllAsync(CancellationToken stop) =>
        ValueTask.FromResult<ImmutableArray<(string, LedgerEntry)>>([.. entries.Select(e => (e.Key, e.Value))]);

    public ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop)
    {
        entries[service] = entry;
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop)
    {
        entries.TryRemove(service, out _);
        return ValueTask.CompletedTask;
    }
}
