using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The journal and the state of record in one SQLite file.</summary>
/// <remarks>
/// Two connections: one writes, one reads beside it (WAL), each behind its own gate. The provider is synchronous, so every
/// operation runs on a worker thread and is not interrupted once it has begun. Decisions and wishes are on the disk
/// (<c>synchronous=FULL</c>) when the call returns; checkpoints survive a crash of the process, and of the machine once
/// the next decision is saved.
/// </remarks>
internal sealed partial class SqliteStore : IStore, IPublications, IPromotionFacts, IDisposable
{
    /// <summary>How often the evidence of a rollout is worth a write.</summary>
    public static readonly TimeSpan Checkpoints = TimeSpan.FromSeconds(10);

    private readonly string path;
    private readonly SqliteSession writer, reader;
    private readonly ILogger log;
    private readonly SemaphoreSlim writing = new(1, 1), reading = new(1, 1);
    private bool disposed;

    private SqliteStore(string path, SqliteSession writer, SqliteSession reader, OpenResult opened, ILogger log)
    {
        this.log = log;
        this.path = path;
        this.writer = writer;
        this.reader = reader;
        Opened = opened;
        Identity = new SqliteIdentity(path);
    }

    public bool CommitsTogether => true;

    public TimeSpan CheckpointEvery => Checkpoints;

    public bool KeepsDeltas => true;

    /// <summary>How the file was found.</summary>
    public OpenResult Opened { get; }

    /// <summary>Whether the open files are still those of that name.</summary>
    public SqliteIdentity Identity { get; }

    /// <summary>The writer's <c>synchronous</c> setting now; 2 is FULL.</summary>
    internal int Synchronous => (int)writer.Number("PRAGMA synchronous");

    /// <exception cref="StoreUnavailableException">The file cannot be opened, or belongs to a newer build or another program.</exception>
    public static SqliteStore Open(string path, SqliteSettings settings, TimeProvider clock, ILogger<SqliteStore> log)
    {
        var isKnown = StoreMarker.Exists(path);
        var (file, result) = SqliteFile.Open(path, settings, clock);
        result = result with { IsLost = isKnown && result is { IsNew: true, MovedAside: null } };
        try
        {
            var beside = new SqliteSession(path, settings);
            beside.Run("PRAGMA query_only = ON;");
            if (result.MovedAside is { } aside) LogMovedAside(log, path, aside);
            StoreMarker.Leave(path, clock.GetUtcNow(), log);
            LogOpened(log, path, beside.LibraryVersion, SqliteSchema.Newest, result.IsNew ? "new" : "as it was left");
            return new SqliteStore(path, file, beside, result, log);
        }
        catch (SqliteException fault)
        {
            file.Dispose();
            throw SqliteFaults.Explain(fault, path);
        }
    }

    public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) =>
        ReadAsync(() => SqliteReads.Load(reader, key), stop);

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) =>
        ReadAsync(() => SqliteReads.PendingWishes(reader, key), stop);

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop)
    {
        SqliteReads.Check(query);
        return ReadAsync(() => SqliteReads.Facts(reader, query), stop);
    }

    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        ReadAsync(() => SqliteReads.Recordings(reader, query), stop);

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        ReadAsync(() => SqliteReads.Windows(reader, rolloutId, from), stop);

    public async ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
    {
        if (commits.IsEmpty) return;
        await WriteAsync(() => SaveWithWindows(
            () =>
            {
                foreach (var commit in commits) SqliteCommits.Save(writer, commit);
            },
            () =>
            {
                foreach (var commit in commits) SqliteCommits.SaveWindows(writer, commit);
            }), stop);
    }

    public ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop) => checkpoints.IsEmpty
        ? ValueTask.CompletedTask
        : WriteAsync(() => WithoutSync(() => SaveWithWindows(
            () =>
            {
                foreach (var checkpoint in checkpoints) SqliteCommits.Save(writer, checkpoint);
            },
            () =>
            {
                foreach (var checkpoint in checkpoints) SqliteCommits.SaveWindows(writer, checkpoint);
            })), stop);

    public async ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop)
    {
        var stock = default(WindowStock);
        await WriteAsync(() => WithoutSync(() => writer.InTransaction(() => stock = SqliteWindows.Prune(writer, retention))), stop);
        return stock;
    }

    public async ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop)
    {
        long id = 0;
        await WriteAsync(() => writer.InTransaction(() => id = SqliteCommits.Record(writer, wish)), stop);
        return wish with { Id = id };
    }

    public async ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop)
    {
        PublicationOutcome? outcome = null;
        await WriteAsync(() => writer.InTransaction(() => outcome = SqlitePublications.Publish(writer, publication)), stop);
        return outcome!;
    }

    public ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop) =>
        ReadAsync(() => SqlitePublications.Of(reader, service), stop);

    public ValueTask<ImmutableArray<PromotionFact>> PromotionFactsAsync(string service, long after, int limit, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return ReadAsync(() => SqlitePromotionFacts.After(reader, service, after, limit), stop);
    }

    public ValueTask AppendAsync(string service, ImmutableArray<PromotionFact> facts, CancellationToken stop) => facts.IsEmpty
        ? ValueTask.CompletedTask
        : WriteAsync(() => writer.InTransaction(() => SqlitePromotionFacts.Append(writer, service, facts)), stop);

    public void Dispose()
    {
        if (disposed) return;
        writing.Wait();
        reading.Wait();
        disposed = true;
        reader.Dispose();
        writer.Dispose();
        writing.Release();
        reading.Release();
    }

    /// <summary>
    /// Both in one transaction; without the windows when there is no room for them: a recording may be lost, a decision may not.
    /// </summary>
    private void SaveWithWindows(Action save, Action saveWindows)
    {
        try
        {
            writer.InTransaction(() =>
            {
                save();
                saveWindows();
            });
        }
        catch (SqliteException fault) when (SqliteFaults.IsForWantOfSpace(fault))
        {
            writer.InTransaction(save);
            LogWindowsLeftOut(log, path, fault.Message);
        }
    }

    /// <summary>On the disk with the next decision: what is lost until then is evidence only.</summary>
    private void WithoutSync(Action write)
    {
        writer.Run("PRAGMA synchronous = NORMAL;");
        try
        {
            write();
        }
        finally
        {
            writer.Run("PRAGMA synchronous = FULL;");
        }
    }

    private async ValueTask<T> ReadAsync<T>(Func<T> read, CancellationToken stop) => await GatedAsync(reading, read, stop);

    private async ValueTask WriteAsync(Action write, CancellationToken stop) => await GatedAsync(
        writing,
        () =>
        {
            write();
            // What went into a file that nobody can open any more is not saved.
            Identity.Check();
            return true;
        },
        stop);

    private async ValueTask<T> GatedAsync<T>(SemaphoreSlim gate, Func<T> work, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (disposed) throw new StoreUnavailableException($"The store {path} is closed: the daemon is stopping.");
            return await Task.Run(
                () =>
                {
                    Identity.Check();
                    return work();
                },
                CancellationToken.None);
        }
        catch (SqliteException fault)
        {
            throw SqliteFaults.Explain(fault, path);
        }
        finally
        {
            gate.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Store {Path} opened (SQLite {Library}, schema {Schema}, {Found})")]
    private static partial void LogOpened(ILogger log, string path, string library, int schema, string found);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The store {Path} was damaged and lies now at {Aside}, for repair by hand; an empty one was begun in its place")]
    private static partial void LogMovedAside(ILogger log, string path, string aside);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store {Path} has no room for recorded windows ({Why}): the rest was saved "
        + "without them, and a replay of their rollouts will be incomplete")]
    private static partial void LogWindowsLeftOut(ILogger log, string path, string why);
}
