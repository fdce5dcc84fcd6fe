using System.Runtime.Versioning;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

[UnsupportedOSPlatform("windows")]
public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Is_made_for_its_owner_alone_and_names_it()
    {
        using var data = DataDirectory.Take(directory.File("a/b"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data.Path));
        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(data.File("daemon.pid")));
        Assert.Equal(Path.Combine(directory.Path, "a/b/trafficctl.db"), data.Database);
    }

    [Fact]
    public async Task A_second_daemon_is_refused_with_the_first_ones_process_and_let_in_after_its_death()
    {
        using (var child = await ChildProcess.StartAsync(ChildRoles.OwnsDirectory, directory.Path))
        {
            var fault = Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.Path));
            Assert.Contains($"in use by another trafficctl (process {child.Id})", fault.Message, StringComparison.Ordinal);
            await child.KillAsync();
        }

        DataDirectory.Take(directory.Path).Dispose();
    }

    [Fact]
    public void Is_taken_once_inside_a_process_too()
    {
        using (DataDirectory.Take(directory.Path)) Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.Path));
        using var again = DataDirectory.Take(directory.Path);
    }

    [Fact]
    public void A_file_in_its_place_is_refused()
    {
        File.WriteAllText(directory.File("x"), "");
        Assert.Contains(
            "is a file", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.File("x"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "cannot be made", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.File("x/y"))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("daemon.pid")]
    [InlineData("trafficctl.db")]
    [InlineData("trafficctl.db-wal")]
    public void A_pipe_in_the_place_of_a_file_is_refused_instead_of_waited_for(string name)
    {
        Fifo.Make(directory.File(name));
        var fault = Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.Path));
        Assert.Contains($"{directory.File(name)} is a pipe, not a file. Move it away", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deleted_and_a_replaced_directory_are_noticed_and_one_that_came_back_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the kernel for inodes");
        using var data = DataDirectory.Take(directory.File("data"));
        Assert.Null(data.FindTrouble());
        Directory.Move(data.Path, directory.File("elsewhere"));
        Assert.Contains($"the data directory {data.Path} was deleted while it was in use", data.FindTrouble(), StringComparison.Ordinal);

        using (var second = DataDirectory.Take(data.Path))
            Assert.Contains($"a second trafficctl took it (process {Environment.ProcessId})", data.FindTrouble(), StringComparison.Ordinal);
        Directory.Delete(data.Path, recursive: true);
        Directory.Move(directory.File("elsewhere"), data.Path);
        Assert.Null(data.FindTrouble());
    }

    [Fact]
    public void A_deleted_lock_is_noticed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the kernel for inodes");
        using var data = DataDirectory.Take(directory.Path);
        File.Delete(data.File("lock"));
        Assert.Contains("was deleted, so a second trafficctl could take the directory", data.FindTrouble(), StringComparison.Ordinal);
        File.WriteAllText(data.File("lock"), "");
        Assert.Contains("is not the file that this process holds", data.FindTrouble(), StringComparison.Ordinal);
    }

    /// <summary>The kernel's own directories refuse writes also to root, whom file modes do not bind.</summary>
    [Fact]
    public void A_directory_that_cannot_be_written_or_made_is_refused()
    {
        Assert.Contains(
            "cannot be written", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take("/proc/self/task")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "cannot be made", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take("/proc/self/task/none")).Message,
            StringComparison.Ordinal);
    }
}
