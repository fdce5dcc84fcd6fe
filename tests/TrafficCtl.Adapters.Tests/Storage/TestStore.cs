using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.TestKit;

namespace TrafficCtl.Adapters.Tests.Storage;

internal static class TestStore
{
    public static SqliteSettings Settings => SqliteSettings.Default with { BusyTimeout = TimeSpan.FromMilliseconds(50) };

    public static SqliteStore Open(string path, SqliteSettings? settings = null, TimeProvider? clock = null) =>
        SqliteStore.Open(path, settings ?? Settings, clock ?? new ManualClock(Examples.At), NullLogger<SqliteStore>.Instance);
}

/// <summary>A directory of its own for one test, gone with it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("trafficctl-test-").FullName;

    public string Database => File("trafficctl.db");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
