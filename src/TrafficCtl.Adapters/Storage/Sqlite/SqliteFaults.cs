using Microsoft.Data.Sqlite;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>Says what, where and what to do.</summary>
internal static class SqliteFaults
{
    private const int Perm = 3, Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CantOpen = 14,
        Constraint = 19, NotADatabase = 26;

    public static bool IsDamage(SqliteException fault) => fault.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>Less may still fit.</summary>
    public static bool IsForWantOfSpace(SqliteException fault) => fault.SqliteErrorCode is Full or IoError;

    /// <summary>
    /// The file was opened for reading alone: such a connection never writes again, also when the file may be written by then.
    /// </summary>
    public static bool IsReadOnly(StoreUnavailableException fault) => fault.InnerException is SqliteException { SqliteErrorCode: ReadOnly };

    /// <summary>A broken rule of the schema is a bug of the writer; all else means that the store cannot be used now.</summary>
    public static Exception Explain(SqliteException fault, string path) =>
        fault.SqliteErrorCode == Constraint
            ? new InvalidOperationException(
                $"The store {path} refused a write that breaks one of its rules, and saved nothing of it: {fault.Message}", fault)
            : new StoreUnavailableException($"The store {path} {What(fault)}", fault);

    /// <summary>For a reader, who saves nothing anyway.</summary>
    public static StoreUnavailableException ExplainReading(SqliteException fault, string path)
    {
        var what = IsDamage(fault)
            ? $"is damaged ({fault.Message}): the daemon moves such a file aside when it starts"
            : $"cannot be read ({fault.Message}): see that it and its directory are readable, and name another data directory with "
                + "--data-dir if it is not this one";
        return new StoreUnavailableException($"The store {path} {what}. Nothing was changed.", fault);
    }

    private static string What(SqliteException fault) => fault.SqliteErrorCode switch
    {
        Full => "cannot grow: the disk is full. Nothing was saved; free space there and it goes on by itself.",
        ReadOnly => "is read-only. Nothing was saved; make the file and its directory writable (a read-only mount?) and it goes on by "
            + "itself.",
        Busy or Locked =>
            "is locked by another process. Nothing was saved; end that process (a sqlite3 shell? a backup?) and it goes on by itself.",
        CantOpen or Perm =>
            $"cannot be opened ({fault.Message}). See that its directory exists and is writable, and that the path is not a directory.",
        IoError => $"cannot be read or written: the disk reports an error or is full ({fault.Message}, extended code "
            + $"{fault.SqliteExtendedErrorCode}). Nothing was saved; see the system's log and the free space.",
        Corrupt or NotADatabase =>
            $"is damaged ({fault.Message}). Nothing was saved; restart: the damaged file is then moved aside, never deleted.",
        _ => $"failed: {fault.Message} (code {fault.SqliteErrorCode}). Nothing was saved.",
    };
}
