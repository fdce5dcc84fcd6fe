using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.TestKit.Contracts;

namespace TrafficCtl.Adapters.Tests.Storage;

internal static class ChildRoles
{
    public const string OwnsDirectory =
        "owns-directory", HoldsWriteLock = "holds-write-lock", DiesInTransaction = "dies-in-transaction", SavesTwo = "saves-two";

    /// <summary>What the child holds while it lives.</summary>
    public static IDisposable Begin(string role, string path) => role switch
    {
        OwnsDirectory => DataDirectory.Take(path),
        HoldsWriteLock => Writer(path, "BEGIN IMMEDIATE"),
        DiesInTransaction => Writer(
            path,
            "BEGIN IMMEDIATE",
            "UPDATE services SET generation = 99, last_good = 'half'",
            "INSERT INTO facts (at, service, environment, kind, what, text, data) VALUES ('x', 'shop', 'prod', 'decided', 'half', 'half', "
                + "'{}')",
            // Spills dirty pages into the log, so that the death leaves uncommitted frames behind.
            "PRAGMA cache_spill = 1", "PRAGMA cache_size = 1",
            "INSERT INTO wishes (service, environment, kind, who, reason, asked_from, at) SELECT 'shop', 'prod', 'Abort', "
                + "hex(randomblob(2000)), 'half', '', '' FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9))"),
        SavesTwo => SaveTwo(path),
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "no such role"),
    };

    private static SqliteSession Writer(string path, params string[] statements)
    {
        var session = new SqliteSession(path, SqliteSettings.Default);
        foreach (var statement in statements) session.Run(statement);
        return session;
    }

    private static SqliteStore SaveTwo(string path)
    {
        var store = TestStore.Open(path);
        store.CommitAsync([Examples.Start(expected: 0, generation: 1)], default).AsTask().GetAwaiter().GetResult();
        store.CommitAsync([Examples.Start(expected: 1, generation: 2)], default).AsTask().GetAwaiter().GetResult();
        return store;
    }
}
