using TrafficCtl.Control.Files;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>Which files the connections have open, and whether their names still lead to them.</summary>
/// <remarks>
/// A file that was deleted or replaced while it is open goes on taking writes, and all of them end with the process: so
/// nothing is read as saved, and nothing is answered as saved, that only such a file holds. The files are looked at by
/// name only: opening and closing one would give up SQLite's locks on it.
/// </remarks>
internal sealed class SqliteIdentity
{
    private readonly Lock gate = new();
    private readonly string path;
    private readonly FileIdentity? database;
    private FileIdentity? log;

    /// <param name="path">The database file, just opened.</param>
    public SqliteIdentity(string path)
    {
        this.path = path;
        database = FileStatus.Of(path).Identity;
        log = FileStatus.Of(Log).Identity;
    }

    private string Log => path + "-wal";

    /// <exception cref="StoreUnavailableException">A file is not the one that is open.</exception>
    public void Check()
    {
        if (FindTrouble() is { } trouble) throw new StoreUnavailableException(trouble);
    }

    /// <summary>What happened to which file, and what to do; null when all is well.</summary>
    public string? FindTrouble()
    {
        try
        {
            return WhatHappened(path, database) ?? WhatHappened(Log, LogIdentity());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"The store {path} cannot be looked at: {fault.Message}. Nothing was saved.";
        }
    }

    /// <summary>The log comes with the first transaction, and stays as long as a connection is open.</summary>
    private FileIdentity? LogIdentity()
    {
        lock (gate) return log ??= FileStatus.Of(Log).Identity;
    }

    private static string? WhatHappened(string file, FileIdentity? opened)
    {
        if (opened is null) return null;
        var found = FileStatus.Of(file);
        if (found.Identity == opened) return null;
        var what = found.Kind == FileKind.Missing
            ? "was deleted while it was open"
            : "is not the file that is open: another one was put in its place";
        return $"The store's file {file} {what}. What is written to the open one ends with this process, so nothing is saved; put the "
            + "file back or restart trafficctl.";
    }
}
