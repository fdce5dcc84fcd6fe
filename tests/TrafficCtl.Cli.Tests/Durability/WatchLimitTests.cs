using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>A machine has few instances of inotify (often 128 for a user), and others use them up.</summary>
public sealed class WatchLimitTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-watch-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_daemon_needs_none_of_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var file = Path.Combine(folder, "shop.yaml");
        await File.WriteAllTextAsync(file, $$"""
            service: shop
            listen: http://127.0.0.1:{{FreePort.Take()}}
            versions:
              v1: [{{FreePort.Address().GetLeftPart(UriPartial.Authority)}}]
            stable: v1
            """, Stop);
        using var daemon = new KillableDaemon(folder, file, FreePort.Take());
        await daemon.StartAsync(Stop);

        var open = Directory.EnumerateFileSystemEntries($"/proc/{daemon.ProcessId}/fd")
            .Select(f => new FileInfo(f).LinkTarget ?? "")
            .ToArray();
        Assert.Contains(open, target => target.EndsWith("trafficctl.db", StringComparison.Ordinal));
        Assert.DoesNotContain(open, target => target.Contains("inotify", StringComparison.Ordinal));
    }
}
