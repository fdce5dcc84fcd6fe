using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>
/// One connection with its prepared statements. Parameters are <c>$1</c>, <c>$2</c>… in order. Not for two threads at once.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);

    /// <param name="path">The database file.</param>
    /// <param name="settings">How patient, how large.</param>
    /// <param name="mode">Only to read: then nothing is made, not even the file.</param>
    public SqliteSession(string path, SqliteSettings settings, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            // The provider's own retry on top of busy_timeout; whole seconds, and 0 would be for ever.
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            Run($"PRAGMA busy_timeout = {(int)settings.BusyTimeout.TotalMilliseconds}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = "
                + "OFF;");
            if (settings.MaxPages is { } pages) Run($"PRAGMA max_page_count = {pages};");
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The version of the SQLite library in use, which the package brings: the same one on every system.</summary>
    public string LibraryVersion => connection.ServerVersion;

    /// <summary>Runs a script without parameters or rows.</summary>
    public void Run(string script)
    {
        using var command = connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs one prepared statement; the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>All rows of one prepared query.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        using var reader = Bind(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(map(reader));
        return rows;
    }

    public long Number(string sql, params ReadOnlySpan<object?> values) => Query(sql, static row => row.GetInt64(0), values)[0];

    /// <summary>All of <paramref name="body"/> or nothing. The write lock is taken first, so that no reader turns writer halfway.</summary>
    public void InTransaction(Action body)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            body();
            Execute("COMMIT");
        }
        catch
        {
            // SQLite itself has already rolled back after some faults (a full disk).
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0) Execute("ROLLBACK");
            throw;
        }
    }

    /// <summary>
    /// Whether closing the last connection may move the write-ahead log into the file; off while the file is under suspicion.
    /// </summary>
    public void CheckpointOnClose(bool allowed)
    {
        const int noCheckpointOnClose = 1006;
        _ = raw.sqlite3_db_config(connection.Handle, noCheckpointOnClose, allowed ? 0 : 1, out _);
    }

    public void Dispose()
    {
        foreach (var command in prepared.Values) command.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
            prepared.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
