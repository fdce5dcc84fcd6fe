using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The journal and the state of record in one SQLite file.</summary>
/// <remarks>
/// Two connections: one writes, one reads beside it (WAL), each behind its own gate. The provider is synchronous, so every
/// operation runs on a worker thread and is not interrupted once it has begun. Decisions and wishes are on the disk
/// (<c>synchronous=FULL</c>) when the call returns; checkpoints survive a crash of the process, and of the machine once
/// the next decision is saved.
/// </remarks>
internal sealed partial class SqliteStore : IStore, IDisposable
{
    private readonly string path;
    private readonly SqliteSession writer, reader;
    private readonly SemaphoreSlim writing = new(1, 1), reading = new(1, 1);
    private bool disposed;

    private SqliteStore(string path, SqliteSession writer, SqliteSession reader, OpenResult opened)
    {
        this.path = path;
        this.writer = writer;
        this.reader = reader;
        Opened = opened;
    }

    /// <summary>How the file was found.</summary>
    public OpenResult Opened { get; }

    /// <summary>The writer's <c>synchronous</c> setting now; 2 is FULL.</summary>
    internal int Synchronous => (int)writer.Number("PRAGMA synchronous");

    /// <exception cref="StoreUnavailableException">The file cannot be opened, or belongs to a newer build or another program.</exception>
    public static SqliteStore Open(string path, SqliteSettings settings, TimeProvider clock, ILogger<SqliteStore> log)
    {
        var (file, result) = SqliteFile.Open(path, settings, clock);
        try
        {
            var beside = new SqliteSession(path, settings);
            beside.Run("PRAGMA query_only = ON;");
            if (result.MovedAside is { } aside) LogMovedAside(log, path, aside);
            LogOpened(log, path, SqliteLibrary.Version, SqliteSchema.Newest, result.IsNew ? "new" : "as it was left");
            return new SqliteStore(path, file, beside, result);
        }
        catch (SqliteException fault)
        {
            file.Dispose();
            throw SqliteFaults.Explain(fault, path);
        }
    }

    public ValueTask<ServiceRecord?> LoadAsync(ServiceKey key, CancellationToken stop) => ReadAsync(
        () => reader.Query(
            """
            SELECT s.last_good, s.last_number, s.generation, s.tried, r.state, e.data, s.queued FROM services s
            LEFT JOIN rollouts r ON r.service = s.service AND r.environment = s.environment AND r.final = 0
            LEFT JOIN evidence e ON e.service = s.service AND e.environment = s.environment AND e.rollout = r.id
            WHERE s.service = $1 AND s.environment = $2
            """,
            row => SqliteRows.Record(row, key), key.Service, key.Environment).SingleOrDefault(),
        stop);

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(ServiceKey key, CancellationToken stop) => ReadAsync(
        () => reader.Query(
            """
            SELECT id, kind, version, who, reason, asked_from, at FROM wishes
            WHERE service = $1 AND environment = $2 AND accepted IS NULL ORDER BY id
            """,
            row => SqliteRows.Wish(row, key), key.Service, key.Environment).ToImmutableArray(),
        stop);

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop)
    {
        if (query.Limit < 1) throw new ArgumentOutOfRangeException(nameof(query), query.Limit, "At least one fact must be asked for.");
        const string head = "SELECT seq, at, rollout, kind, what, text, data FROM facts WHERE service = $1 AND environment = $2 AND seq < $3";
        const string tail = " ORDER BY seq DESC LIMIT $4";
        var (key, before) = (query.Key, query.Before ?? long.MaxValue);
        return ReadAsync(
            () => (query.RolloutId is { } rollout
                ? reader.Query(head + " AND rollout = $5" + tail, row => SqliteRows.Fact(row, key), key.Service, key.Environment, before, query.Limit, rollout)
                : reader.Query(head + tail, row => SqliteRows.Fact(row, key), key.Service, key.Environment, before, query.Limit)).ToImmutableArray(),
            stop);
    }

    public async ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
    {
        if (commits.IsEmpty) return;
        await WriteAsync(() => writer.InTransaction(() =>
        {
            foreach (var commit in commits) SqliteCommits.Save(writer, commit);
        }), stop);
    }

    public async ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop)
    {
        if (checkpoints.IsEmpty) return;
        await WriteAsync(() =>
        {
            writer.Run("PRAGMA synchronous = NORMAL;");
            try
            {
                writer.InTransaction(() =>
                {
                    foreach (var checkpoint in checkpoints) SqliteCommits.Save(writer, checkpoint);
                });
            }
            finally
            {
                writer.Run("PRAGMA synchronous = FULL;");
            }
        }, stop);
    }

    public async ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop)
    {
        long id = 0;
        await WriteAsync(() => writer.InTransaction(() => id = SqliteCommits.Record(writer, wish)), stop);
        return wish with { Id = id };
    }

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

    private async ValueTask<T> ReadAsync<T>(Func<T> read, CancellationToken stop) => await GatedAsync(reading, read, stop);

    private async ValueTask WriteAsync(Action write, CancellationToken stop) => await GatedAsync(
        writing,
        () =>
        {
            write();
            return true;
        },
        stop);

    private async ValueTask<T> GatedAsync<T>(SemaphoreSlim gate, Func<T> work, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (disposed) throw new StoreUnavailableException($"The store {path} is closed: the daemon is stopping.");
            return await Task.Run(work, CancellationToken.None);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The store {Path} was damaged and lies now at {Aside}, for repair by hand; an empty one was begun in its place")]
    private static partial void LogMovedAside(ILogger log, string path, string aside);
}
