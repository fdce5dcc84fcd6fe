using System.Text.Json.Nodes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>The real program with JSON lines: whatever collects both of its outputs reads nothing else.</summary>
public sealed class LogFormatTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-log-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Everything_that_a_daemon_writes_is_one_object_a_line()
    {
        await using var upstream = await Upstream.StartAsync(name: "v1");
        var file = Path.Combine(folder, "shop.yaml");
        var good = $$"""
            service: shop
            listen: http://127.0.0.1:{{FreePort.Take()}}
            versions:
              v1: [{{upstream.Address.GetLeftPart(UriPartial.Authority)}}]
            stable: v1
            drain: { delay: 0s, max: 1s }

            """;
        await File.WriteAllTextAsync(file, good, Stop);
        using var daemon = new KillableDaemon(folder, file, FreePort.Take(), "--log-format", "json", "--log-level", "debug",
            "--probes", $"127.0.0.1:{FreePort.Take()}");
        await daemon.StartAsync(Stop);
        Assert.True(await daemon.IsReadyAsync(Stop));
        await File.WriteAllTextAsync(file, good + "\"od\\nd\": 1\n", Stop);
        await Eventually.TrueAsync(() => daemon.Log.Contains("od", StringComparison.Ordinal), "the bad file is logged");
        Assert.Equal(0, await daemon.TerminateAsync(Stop));

        var records = daemon.Log.Split('\n').Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.All(records, r => Assert.EndsWith("Z", (string)r["time"]!, StringComparison.Ordinal));
        Assert.All(records, r => Assert.Contains((string)r["level"]!, (string[])["debug", "information", "warning", "error"]));
        Assert.All(records, r => Assert.NotEmpty((string)r["category"]!));
        Assert.Contains(records,
            r => ((string)r["message"]!).StartsWith("probes and metrics on http://127.0.0.1:", StringComparison.Ordinal));
        Assert.Contains(records, r => (string)r["message"]! == "draining ...");
        Assert.Contains(records, r => (string)r["level"]! == "debug");
    }
}
