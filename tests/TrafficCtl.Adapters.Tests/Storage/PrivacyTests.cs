using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

[UnsupportedOSPlatform("windows")]
public sealed class PrivacyTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode All = Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode OwnerDirectory = Owner | UnixFileMode.UserExecute;
    private const UnixFileMode AllDirectory = All | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Every_file_of_a_new_store_is_its_owners_alone()
    {
        using var data = DataDirectory.Take(directory.File("data"));
        using var store = SqliteStore.Open(data.Database, SqliteSettings.Default, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        var files = Directory.GetFiles(data.Path);
        Assert.Equal(
            ["daemon.pid", "lock", "trafficctl.db", "trafficctl.db-shm", "trafficctl.db-wal", "trafficctl.db.created"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, static file => Assert.Equal(Owner, File.GetUnixFileMode(file)));
        Assert.Empty(data.OpenToOthers);
    }

    [Fact]
    public void Files_that_an_earlier_version_left_open_are_closed()
    {
        var path = directory.File("data");
        Directory.CreateDirectory(path);
        foreach (var name in (string[])["lock", "trafficctl.db.corrupt-20260101T000000Z", "latch.json", "snapshot.json.tmp"])
            Make(Path.Combine(path, name));
        File.SetUnixFileMode(path, AllDirectory);
        using var data = DataDirectory.Take(path);
        Assert.All(Directory.GetFiles(path), static file => Assert.Equal(Owner, File.GetUnixFileMode(file)));
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(path));
        Assert.Empty(data.OpenToOthers);
    }

    [Fact]
    public void A_directory_that_holds_something_else_keeps_its_mode_and_that_is_said()
    {
        var path = directory.File("shared");
        Directory.CreateDirectory(path);
        Make(Path.Combine(path, "notes.txt"));
        File.SetUnixFileMode(path, AllDirectory);
        using var data = DataDirectory.Take(path);
        Assert.Equal((AllDirectory, All), (File.GetUnixFileMode(path), File.GetUnixFileMode(Path.Combine(path, "notes.txt"))));
        Assert.Equal(Owner, File.GetUnixFileMode(data.File("lock")));
        Assert.Contains("(mode 755)", Assert.Single(data.OpenToOthers), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_is_none_is_refused_with_words(string path)
    {
        var fault = Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(path));
        Assert.Contains("Name a directory with --data-dir", fault.Message, StringComparison.Ordinal);
    }

    private static void Make(string file)
    {
        File.WriteAllText(file, "");
        File.SetUnixFileMode(file, All);
    }
}
