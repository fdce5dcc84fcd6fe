using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>
/// The store of a file that cannot be used yet, perhaps: it is opened beside everything else, and once more when it is asked for.
/// </summary>
/// <remarks>
/// While it is being opened, and for a second after that has failed, a call says why at once: whoever serves traffic does not wait for it.
/// </remarks>
internal sealed partial class DeferredStore(
    string path, Func<SqliteStore> open, TimeProvider clock, ILogger<SqliteStore> log)
    : IStore, IPublications, IPromotionFacts, IStoreOpening, IDisposable
{
    /// <summary>How long a call waits for an opening under way: that of a small file ends within.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly TaskCompletionSource<OpenResult> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteStore? store;
    private Task<SqliteStore>? opening;
    private StoreUnavailableException? fault;
    private long failedAt;
    private bool isDisposed;

    public bool CommitsTogether => true;

    public TimeSpan CheckpointEvery => SqliteStore.Checkpoints;

    public bool KeepsDeltas => true;

    public Task<OpenResult> WhenOpened => first.Task;

    /// <summary>What happened to the open files; null when all is well, and while there are none.</summary>
    public string? FindTrouble() => Volatile.Read(ref store)?.Identity.FindTrouble();

    public OpenResult? Opened => Volatile.Read(ref store)?.Opened;

    public async Task<OpenResult> OpenAsync(CancellationToken stop) => (await Begin().WaitAsync(stop)).Opened;

    public async ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) =>
        await (await StoreAsync(stop)).LoadAsync(key, stop);

    public async ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop) => await WriteAsync(async store =>
    {
        await store.CommitAsync(commits, stop);
        return true;
    }, stop);

    public async ValueTask CheckpointAsync(
        ImmutableArray<Checkpoint> checkpoints, CancellationToken stop) => await WriteAsync(async store =>
    {
        await store.CheckpointAsync(checkpoints, stop);
        return true;
    }, stop);

    public ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop) =>
        WriteAsync(store => store.RecordWishAsync(wish, stop), stop);

    public async ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) =>
        await (await StoreAsync(stop)).PendingWishesAsync(key, stop);

    public ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop) =>
        WriteAsync(store => store.PruneAsync(retention, stop), stop);

    public async ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop) =>
        await (await StoreAsync(stop)).FactsAsync(query, stop);

    public async ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        await (await StoreAsync(stop)).RecordingsAsync(query, stop);

    public async ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        await (await StoreAsync(stop)).WindowsAsync(rolloutId, from, stop);

    public ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop) =>
        WriteAsync(store => store.PublishAsync(publication, stop), stop);

    public async ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop) =>
        await (await StoreAsync(stop)).PublicationsAsync(service, stop);

    public async ValueTask<ImmutableArray<PromotionFact>> PromotionFactsAsync(
        string service, long after, int limit, CancellationToken stop) =>
        await (await StoreAsync(stop)).PromotionFactsAsync(service, after, limit, stop);

    public async ValueTask AppendAsync(
        string service, ImmutableArray<PromotionFact> facts, CancellationToken stop) => await WriteAsync(async store =>
    {
        await store.AppendAsync(service, facts, stop);
        return true;
    }, stop);

    public void Dispose()
    {
        lock (gate) isDisposed = true;
        Volatile.Read(ref store)?.Dispose();
    }

    private async ValueTask<T> WriteAsync<T>(Func<SqliteStore, ValueTask<T>> write, CancellationToken stop)
    {
        var ready = await StoreAsync(stop);
        try
        {
            return await write(ready);
        }
        catch (StoreUnavailableException refused) when (SqliteFaults.IsReadOnly(refused) && IsWritable())
        {
            // It was opened while it was read-only, and would stay so: the next call opens it anew.
            lock (gate)
            {
                if (store != ready) throw;
                store = null;
            }

            ready.Dispose();
            throw;
        }
    }

    /// <summary>Asked by name: to open and close the file would give up SQLite's locks on it.</summary>
    private bool IsWritable()
    {
        const int write = 2;
        return OperatingSystem.IsWindows() ? !new FileInfo(path).IsReadOnly : Access(path, write) == 0;
    }

    [DllImport("libc", EntryPoint = "access"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    private async ValueTask<SqliteStore> StoreAsync(CancellationToken stop)
    {
        if (Volatile.Read(ref store) is { } ready) return ready;
        try
        {
            return await Begin().WaitAsync(Patience, clock, stop);
        }
        catch (TimeoutException)
        {
            throw new StoreUnavailableException(
                $"The store {path} is being opened and checked, which takes about a second for each GB. It goes on by itself.");
        }
    }

    /// <summary>The opening under way, or a new one; the last fault for a second after it.</summary>
    private Task<SqliteStore> Begin()
    {
        lock (gate)
        {
            if (store is not null) return Task.FromResult(store);
            if (isDisposed)
                return Task.FromException<SqliteStore>(
                    new StoreUnavailableException($"The store {path} is closed: the daemon is stopping."));
            if (opening is { IsCompleted: false }) return opening;
            if (fault is not null && clock.GetElapsedTime(failedAt) < Again) return Task.FromException<SqliteStore>(fault);
            return opening = Task.Run(Open, CancellationToken.None);
        }
    }

    private SqliteStore Open()
    {
        try
        {
            var opened = open();
            lock (gate)
            {
                if (!isDisposed) store = opened;
            }

            if (Volatile.Read(ref store) == opened)
            {
                first.TrySetResult(opened.Opened);
                return opened;
            }

            opened.Dispose();
            throw new StoreUnavailableException($"The store {path} is closed: the daemon is stopping.");
        }
        catch (StoreUnavailableException unusable)
        {
            lock (gate)
            {
                if (fault is null) LogNotOpened(log, unusable.Message.TrimEnd('.'));
                (fault, failedAt) = (unusable, clock.GetTimestamp());
            }

            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The store could not be opened: {Why}. It is retried")]
    private static partial void LogNotOpened(ILogger log, string why);
}
