using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>A store that is only read: facts newest first, or gone.</summary>
internal sealed class Journal(params ImmutableArray<Fact> newestFirst) : IStore
{
    public bool IsGone { get; set; }

    public int Reads { get; private set; }

    /// <summary>What a read waits for.</summary>
    public Task Reading { get; set; } = Task.CompletedTask;

    public bool CommitsTogether => true;

    public TimeSpan CheckpointEvery => TimeSpan.FromSeconds(10);

    public bool KeepsDeltas => true;

    public async ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop)
    {
        if (IsGone) throw new StoreUnavailableException("the disk is full: free some space");
        Reads++;
        await Reading.WaitAsync(stop);
        return
        [
            .. newestFirst
                .Where(f => f.Key == query.Key
                    && (query.RolloutId is null || f.RolloutId == query.RolloutId)
                    && f.Seq < (query.Before ?? long.MaxValue))
                .Take(query.Limit),
        ];
    }

    public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        throw new NotSupportedException();

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        throw new NotSupportedException();

    public ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop) => throw new NotSupportedException();
}
