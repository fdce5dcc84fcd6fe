using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>What a whole daemon needs: two upstreams, a delivery file, and a directory that goes with the test.</summary>
internal sealed class RealDaemon : IAsyncDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-test-").FullName;

    private RealDaemon(Upstream v1, Upstream v2) => (V1, V2) = (v1, v2);

    public Upstream V1 { get; }

    public Upstream V2 { get; }

    public string DeliveryFile => Path.Combine(folder, "shop.yaml");

    public string Data => Path.Combine(folder, "data");

    public TimeProvider Clock { get; private init; } = TimeProvider.System;

    public DaemonOptions Options => new()
    {
        Clock = Clock,
        Files = [DeliveryFile],
        DataDirectory = Data,
        Admin = new Uri("http://127.0.0.1:0"),
        Logging = static logging => logging.SetMinimumLevel(LogLevel.None),
    };

    /// <param name="v2">How the candidate answers; null for as v1.</param>
    /// <param name="clock">The daemon's; null for the machine's.</param>
    /// <param name="v1">How stable answers; null for 200 with its name.</param>
    public static async Task<RealDaemon> PrepareAsync(RequestDelegate? v2 = null, TimeProvider? clock = null, RequestDelegate? v1 = null)
    {
        var (one, two) = (await Upstream.StartAsync(v1, name: "v1"), await Upstream.StartAsync(v2, name: "v2"));
        var made = new RealDaemon(one, two) { Clock = clock ?? TimeProvider.System };
        made.Deliver("v1", "v1");
        return made;
    }

    /// <summary>Writes the delivery file.</summary>
    /// <param name="stable">The initial stable version.</param>
    /// <param name="versions">Their names, apart by spaces.</param>
    /// <param name="port">The port of the listener.</param>
    /// <param name="more">Further keys.</param>
    public void Deliver(string stable, string versions, int port = 0, string more = "")
    {
        var listed = versions.Split(' ').Select(v => $"  {v}: [{(v == "v1" ? V1 : V2).Address.AbsoluteUri.TrimEnd('/')}]");
        File.WriteAllText(DeliveryFile, $$"""
            service: shop
            listen: http://127.0.0.1:{{port}}
            versions:
            {{string.Join('\n', listed)}}
            stable: {{stable}}
            drain: { delay: 0s, max: 1s }
            {{more}}

            """);
    }

    public Task<DaemonHost> StartAsync() => DaemonHost.StartAsync(Options, default);

    public async Task<ImmutableArray<string>> RefusedAsync(DaemonOptions? options = null)
    {
        try
        {
            await using var host = await DaemonHost.StartAsync(options ?? Options, default);
        }
        catch (DaemonRefusedException refused)
        {
            return refused.Problems;
        }

        throw new InvalidOperationException("The daemon started.");
    }

    /// <summary>What a user of the shop gets.</summary>
    public Task<string> AskAsync(DaemonHost host) => client.GetStringAsync(host.AddressOf("shop"));

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await V1.DisposeAsync();
        await V2.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
