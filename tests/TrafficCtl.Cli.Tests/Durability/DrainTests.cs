using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>SIGTERM to the real program: readiness off, delay, no more connections, the last request finishes, exit code 0.</summary>
public sealed class DrainTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-drain-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_terminated_daemon_finishes_what_it_began_and_exits_with_0()
    {
        var (arrived, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            if (context.Request.Path != "/slow") return;
            arrived.SetResult();
            await go.Task;
            await context.Response.WriteAsync("late");
        });
        var front = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        var file = Path.Combine(folder, "shop.yaml");
        await File.WriteAllTextAsync(file, $$"""
            service: shop
            listen: {{front.GetLeftPart(UriPartial.Authority)}}
            versions:
              v1: [{{upstream.Address.GetLeftPart(UriPartial.Authority)}}]
            stable: v1
            drain: { delay: 6s, max: 60s }
            """, Stop);
        var probes = FreePort.Address();
        using var daemon = new KillableDaemon(folder, file, FreePort.Take(), "--probes", probes.OriginalString);
        await daemon.StartAsync(Stop);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var request = client.GetStringAsync(new Uri(front, "slow"), Stop);
        await arrived.Task.WaitAsync(Stop);
        Assert.True(await daemon.IsReadyAsync(Stop));
        Assert.True(await daemon.IsReadyAsync(Stop, probes));

        var ending = daemon.TerminateAsync(Stop);

        await Eventually.TrueAsync(() => !daemon.IsReadyAsync(Stop).GetAwaiter().GetResult(), "readiness is off");
        Assert.False(await daemon.IsReadyAsync(Stop, probes));
        // Whoever balances the load needs the delay to see it: until then there is an answer.
        using (var answer = await client.GetAsync(front, Stop)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Eventually.TrueAsync(() => IsRefused(front), "the listener is closed");
        Assert.False(ending.IsCompleted);
        go.SetResult();
        Assert.Equal("late", await request);
        Assert.Equal(0, await ending);
    }

    private static bool IsRefused(Uri address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
