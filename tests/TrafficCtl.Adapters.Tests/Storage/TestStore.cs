using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;

namespace TrafficCtl.Adapters.Tests.Storage;

internal static class TestStore
{
    public static SqliteSettings Settings => SqliteSettings.Default with { BusyTimeout = TimeSpan.FromMilliseconds(50) };

    public static SqliteStore Open(string path, SqliteSettings? settings = null, TimeProvider? clock = null) =>
        SqliteStore.Open(path, settings ?? Settings, clock ?? new ManualClock(Examples.At), NullLogger<SqliteStore>.Instance);
}
