using TrafficCtl.Adapters.Storage;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>
/// A data directory on a disk that is full or read-only: what an earlier process left there is to be served, and no new one begins.
/// </summary>
public sealed class UnwritableDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly TinyDisk? disk;

    public UnwritableDirectoryTests() => disk = TinyDisk.TryMount(directory.Path, megabytes: 1);

    public void Dispose()
    {
        disk?.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_holds_a_store_is_taken_and_says_so(bool isReadOnly)
    {
        Use();
        File.WriteAllText(directory.Database, "");
        Break(isReadOnly);

        using (var data = DataDirectory.Take(directory.Path))
        {
            Assert.Contains("cannot be written", data.Trouble, StringComparison.Ordinal);
            Assert.Contains(
                "in use by another trafficctl", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.Path)).Message,
                StringComparison.Ordinal);
        }

        Mend(isReadOnly);
        using var again = DataDirectory.Take(directory.Path);
        Assert.Null(again.Trouble);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_without_a_store_is_refused(bool isReadOnly)
    {
        Use();
        Break(isReadOnly);
        Assert.Contains(
            "cannot be written", Assert.Throws<DataDirectoryException>(() => DataDirectory.Take(directory.Path)).Message,
            StringComparison.Ordinal);
    }

    private void Use()
    {
        Assert.SkipWhen(disk is null, "this user may mount no file system, and nothing else is a full or a read-only disk");
        DataDirectory.Take(directory.Path).Dispose();
        // A page that a full disk cannot give back.
        File.Delete(directory.File("daemon.pid"));
    }

    private void Break(bool isReadOnly)
    {
        if (isReadOnly) Assert.True(disk!.TryMakeReadOnly(true));
        else disk!.Fill();
    }

    private void Mend(bool isReadOnly)
    {
        if (isReadOnly) Assert.True(disk!.TryMakeReadOnly(false));
        else disk!.Free();
    }
}
