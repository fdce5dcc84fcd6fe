using System.Collections.Concurrent;

namespace TrafficCtl.Offline.Judging;

/// <summary>Ticks from the thread that reads to the thread that judges, in batches that go round.</summary>
internal sealed class TickQueue : IDisposable
{
    private const int Batches = 4, BatchSize = 64;

    private readonly BlockingCollection<Batch> full = [];
    private readonly BlockingCollection<Batch> free = [];
    private readonly CancellationToken stop;
    private Batch filling;

    public TickQueue(CancellationToken stop)
    {
        this.stop = stop;
        for (var i = 0; i < Batches; i++) free.Add(new Batch(), stop);
        filling = free.Take(stop);
    }

    /// <summary>The slot that the next <see cref="Commit"/> hands over.</summary>
    public TickSlot Next => filling.Slots[filling.Count];

    /// <param name="isUrgent">An end of a trace does not wait for its batch to fill.</param>
    public void Commit(bool isUrgent)
    {
        filling.Count++;
        if (filling.Count < BatchSize && !isUrgent) return;
        full.Add(filling, stop);
        filling = free.Take(stop);
        filling.Count = 0;
    }

    /// <summary>Nothing follows; every trace has been ended.</summary>
    public void Complete() => full.CompleteAdding();

    /// <summary>All that is committed; a slot is good until the next one is asked for.</summary>
    public IEnumerable<TickSlot> Take()
    {
        foreach (var batch in full.GetConsumingEnumerable(stop))
        {
            for (var i = 0; i < batch.Count; i++) yield return batch.Slots[i];
            free.Add(batch, stop);
        }
    }

    public void Dispose()
    {
        full.Dispose();
        free.Dispose();
    }

    private sealed class Batch
    {
        public TickSlot[] Slots { get; } = [.. Enumerable.Range(0, BatchSize).Select(_ => new TickSlot())];

        public int Count { get; set; }
    }
}
