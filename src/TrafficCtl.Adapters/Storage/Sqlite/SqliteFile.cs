using System.Globalization;
using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>Opens the database file: checked, migrated, in WAL mode. What is damaged is moved aside, never deleted.</summary>
/// <remarks>
/// The check is <c>quick_check</c>: it reads every page once (about 1 s per GB), finds torn and lost pages, and leaves
/// out only the comparison of indexes with their tables.
/// </remarks>
internal static class SqliteFile
{
    private static readonly string[] Parts = ["", "-wal", "-shm"];

    /// <exception cref="StoreUnavailableException">It can neither be used nor be moved aside.</exception>
    public static (SqliteSession Session, OpenResult Result) Open(string path, SqliteSettings settings, TimeProvider clock)
    {
        if (Directory.Exists(path))
            throw new StoreUnavailableException(
                $"The store {path} is a directory. Move it away, or name another data directory with --data-dir.")
            { IsForeign = true };
        try
        {
            string? movedAside = null;
            if (IsOrphanLog(path)) movedAside = MoveAside(path, clock);
            var session = Examine(path, settings, clock, ref movedAside) ?? Begin(path, settings);
            try
            {
                var isNew = SqliteSchema.Version(session) == 0;
                session.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;");
                SqliteSchema.Migrate(session, path);
                return (session, new OpenResult(isNew, movedAside));
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (SqliteException fault)
        {
            throw SqliteFaults.Explain(fault, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"The store {path} is damaged and cannot be moved aside ({fault.Message}). Make its directory writable, or move it by "
                    + "hand.",
                fault);
        }
    }

    /// <summary>A log without its file: SQLite would delete it, and with it the newest transactions.</summary>
    private static bool IsOrphanLog(string path) => LengthOf(path) == 0 && LengthOf(path + "-wal") > 0;

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <summary>The opened file when it is sound; null after moving a damaged one aside.</summary>
    private static SqliteSession? Examine(string path, SqliteSettings settings, TimeProvider clock, ref string? movedAside)
    {
        var session = Begin(path, settings);
        var keep = false;
        try
        {
            session.CheckpointOnClose(false);
            if (IsSound(session))
            {
                session.CheckpointOnClose(true);
                keep = true;
                return session;
            }

            // Renamed while open, so that closing finds nothing to tidy up.
            movedAside = MoveAside(path, clock);
            return null;
        }
        finally
        {
            if (!keep) session.Dispose();
        }
    }

    /// <summary>A new file is made private before SQLite writes into it; its log and its index take the mode of the file.</summary>
    private static SqliteSession Begin(string path, SqliteSettings settings)
    {
        try
        {
            // Only where there is none: closing one that SQLite has open elsewhere in this process would give up its locks.
            if (!File.Exists(path)) PrivateFile.Open(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Why it cannot be opened is said by SQLite, with what to do.
        }

        return new SqliteSession(path, settings);
    }

    private static bool IsSound(SqliteSession session)
    {
        try
        {
            return session.Query("PRAGMA quick_check(1)", static row => row.GetString(0)) is ["ok"];
        }
        catch (SqliteException fault) when (SqliteFaults.IsDamage(fault))
        {
            return false;
        }
    }

    private static string MoveAside(string path, TimeProvider clock)
    {
        var stamp = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var aside = $"{path}.corrupt-{stamp}";
        for (var n = 2; Parts.Any(part => File.Exists(aside + part)); n++) aside = $"{path}.corrupt-{stamp}-{n}";
        foreach (var part in Parts)
            if (File.Exists(path + part)) File.Move(path + part, aside + part);
        return aside;
    }
}
