using TrafficCtl.Daemon.Modules.Proxy;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

public sealed class FileWatchTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-test-").FullName;

    private string Delivery => Path.Combine(folder, "shop.yaml");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Tells_a_change_once_when_it_has_settled()
    {
        File.WriteAllText(Delivery, "a");
        var watch = new FileWatch([folder]);
        Assert.False(watch.Poll());
        File.WriteAllText(Delivery, "half");
        Assert.False(watch.Poll());
        File.WriteAllText(Delivery, "half and the rest");
        Assert.False(watch.Poll());
        Assert.True(watch.Poll());
        Assert.False(watch.Poll());
    }

    [Fact]
    public void Tells_nothing_of_a_change_that_was_taken_back_or_changed_no_content()
    {
        File.WriteAllText(Delivery, "a");
        var watch = new FileWatch([folder]);
        File.WriteAllText(Delivery, "b");
        Assert.False(watch.Poll());
        File.WriteAllText(Delivery, "a");
        Assert.False(watch.Poll());
        File.SetLastWriteTimeUtc(Delivery, DateTime.UtcNow.AddHours(1));
        Assert.False(watch.Poll());
        Assert.False(watch.Poll());
    }

    /// <summary>A thousand files, read each second, would be a load of their own.</summary>
    [Fact]
    public void Reads_again_only_files_that_changed_or_changed_a_moment_ago()
    {
        for (var i = 0; i < 20; i++) File.WriteAllText(Path.Combine(folder, $"{i:00}.yaml"), "a");
        var clock = new ManualClock(DateTimeOffset.UtcNow.AddSeconds(3));
        var watch = new FileWatch([folder], clock);
        Assert.False(watch.Poll());
        Assert.Equal(40, watch.Reads);

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(watch.Poll());
        Assert.Equal(60, watch.Reads);
        Assert.False(watch.Poll());
        Assert.Equal(60, watch.Reads);

        File.WriteAllText(Path.Combine(folder, "07.yaml"), "b");
        Assert.False(watch.Poll());
        Assert.True(watch.Poll());
        Assert.InRange(watch.Reads, 61, 62);
    }

    [Fact]
    public void Takes_nothing_from_a_pipe_and_tells_that_it_came()
    {
        File.WriteAllText(Delivery, "a");
        var watch = new FileWatch([folder]);
        File.Delete(Delivery);
        Fifo.Make(Delivery);
        Assert.False(watch.Poll());
        Assert.True(watch.Poll());
        Assert.False(watch.Poll());
    }

    [Fact]
    public void Tells_of_files_that_came_went_and_were_swapped_by_a_link()
    {
        File.WriteAllText(Path.Combine(folder, "one.txt"), "1");
        File.WriteAllText(Path.Combine(folder, "two.txt"), "2");
        File.CreateSymbolicLink(Delivery, Path.Combine(folder, "one.txt"));
        var watch = new FileWatch([Delivery]);
        File.Delete(Delivery);
        Assert.False(watch.Poll());
        Assert.True(watch.Poll());
        File.CreateSymbolicLink(Delivery, Path.Combine(folder, "two.txt"));
        Assert.False(watch.Poll());
        Assert.True(watch.Poll());
    }
}
