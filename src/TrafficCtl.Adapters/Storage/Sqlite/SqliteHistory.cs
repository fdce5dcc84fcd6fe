using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>The file of a store, only read: also while a daemon writes it.</summary>
internal sealed class SqliteHistory : IHistory, IDisposable
{
    private readonly string path;
    private readonly SqliteSession session;
    private readonly bool hasWindows, hasTargets;

    private SqliteHistory(string path, SqliteSession session)
    {
        (this.path, this.session) = (path, session);
        var version = SqliteSchema.Version(session);
        (hasWindows, hasTargets) = (version >= SqliteSchema.WithWindows, version >= SqliteSchema.WithTargets);
    }

    /// <exception cref="StoreUnavailableException">
    /// There is no file, it cannot be read, or it is no store of this build or an older one.
    /// </exception>
    public static SqliteHistory Open(string path, SqliteSettings settings)
    {
        if (!File.Exists(path))
            throw new StoreUnavailableException($"There is no store {path}. Name the data directory of a daemon with --data-dir.");
        try
        {
            var file = new SqliteSession(path, settings, SqliteOpenMode.ReadOnly);
            try
            {
                SqliteSchema.Check(file, path);
                if (SqliteSchema.Version(file) == 0)
                    throw new StoreUnavailableException($"The store {path} is empty: no daemon has used it yet.");
                return new SqliteHistory(path, file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (SqliteException fault)
        {
            throw SqliteFaults.ExplainReading(fault, path);
        }
    }

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop)
    {
        SqliteReads.Check(query);
        return ReadAsync(() => SqliteReads.Facts(session, query, hasTargets), stop);
    }

    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        ReadAsync(() => hasWindows ? SqliteReads.Recordings(session, query) : [], stop);

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        ReadAsync(() => hasWindows ? SqliteReads.Windows(session, rolloutId, from) : [], stop);

    public void Dispose() => session.Dispose();

    private async ValueTask<T> ReadAsync<T>(Func<T> read, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            return await Task.Run(read, CancellationToken.None);
        }
        catch (SqliteException fault)
        {
            throw SqliteFaults.ExplainReading(fault, path);
        }
    }
}
