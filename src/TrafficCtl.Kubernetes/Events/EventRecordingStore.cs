using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>A store whose facts are told on the cluster once they are saved.</summary>
public sealed class EventRecordingStore(IStore store, IKubeView view, IEventRecorder recorder, Func<TargetKey, bool> isOfCluster) : IStore
{
    public bool CommitsTogether => store.CommitsTogether;

    public TimeSpan CheckpointEvery => store.CheckpointEvery;

    public bool KeepsDeltas => store.KeepsDeltas;

    public async ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
    {
        await store.CommitAsync(commits, stop);
        foreach (var commit in commits)
            foreach (var fact in commit.Facts.Where(fact => isOfCluster(fact.Key)))
                FactStory.Tell(fact, view, recorder);
    }

    public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) => store.LoadAsync(key, stop);

    public ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop) =>
        store.CheckpointAsync(checkpoints, stop);

    public ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop) => store.RecordWishAsync(wish, stop);

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) => store.PendingWishesAsync(key, stop);

    public ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop) => store.PruneAsync(retention, stop);

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop) => store.FactsAsync(query, stop);

    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        store.RecordingsAsync(query, stop);

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        store.WindowsAsync(rolloutId, from, stop);
}
