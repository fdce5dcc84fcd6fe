using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Health;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>A proxy on a free port with its router, in a directory of its own; a client beside it.</summary>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    public const string Service = "checkout";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-proxy-");
    private readonly HealthBook health;
    private readonly SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
    private long generation;

    public ProxyUnderTest(
        TimeProvider? clock = null, Scheduling scheduling = Scheduling.Plain, ClientPatience? patience = null, string? cookieKeys = null,
        NameLookup? lookup = null)
    {
        var time = clock ?? TimeProvider.System;
        var runtimes = new ServiceRuntimes();
        health = new HealthBook(time);
        Router = new EmbeddedRouter(directory.FullName, runtimes, health, time, NullLogger<EmbeddedRouter>.Instance);
        var options = new ProxyOptions(directory.FullName, scheduling)
        {
            Patience = patience ?? new ClientPatience(),
            CookieKeys = cookieKeys,
            Notice = (source, text) => Notices[source] = text ?? "",
        };
        if (lookup is not null) options = options with { Lookup = lookup };
        Server = new ProxyServer(options, Router, runtimes, health, time, Errors);
        Client = new HttpClient(handler, disposeHandler: false);
    }

    /// <summary>What the server logs as an error; a test that expects none finds none at the end.</summary>
    public ErrorLog Errors { get; } = new();

    /// <summary>The warnings for the status by source; empty where nothing holds any more.</summary>
    public ConcurrentDictionary<string, string> Notices { get; } = new(StringComparer.Ordinal);

    public EmbeddedRouter Router { get; }

    public ProxyServer Server { get; }

    public IArmHealthSource Health => health;

    public HttpClient Client { get; }

    public string DataDirectory => directory.FullName;

    public Uri Address => Server.AddressOf(Keys.Of(Service));

    public static ServiceSpec Spec(params (string Version, Uri[] Endpoints)[] versions) => new()
    {
        Service = Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("127.0.0.1", 0, null),
            // A busy machine takes its time to connect, and that is no failure of the version.
            Proxy = new ProxySettings
            {
                DrainDelay = TimeSpan.Zero,
                DrainMax = TimeSpan.FromSeconds(60),
                ConnectTimeout = TimeSpan.FromSeconds(60),
            },
        },
        Identity = [new RequestAttribute(AttributeSource.Header, "x-user-id")],
        Versions = [.. versions.Select(v => new VersionSpec(v.Version, [.. v.Endpoints]))],
        Stable = versions[0].Version,
    };

    public static async Task<ProxyUnderTest> StartAsync(params (string Version, Uri[] Endpoints)[] versions) =>
        await StartAsync(Spec(versions));

    public static async Task<ProxyUnderTest> StartAsync(
        ServiceSpec spec, TimeProvider? clock = null, ClientPatience? patience = null, string? cookieKeys = null, NameLookup? lookup = null)
    {
        var proxy = new ProxyUnderTest(clock, patience: patience, cookieKeys: cookieKeys, lookup: lookup);
        await proxy.Server.StartAsync([spec], CancellationToken.None);
        proxy.Client.BaseAddress = proxy.Address;
        return proxy;
    }

    /// <summary>Puts a rollout of v2 in force with this share in basis points, after a first good probe of it.</summary>
    public async Task RollOutAsync(int candidate, int number = 1)
    {
        await Router.ApplyAsync(new ServiceRoute(
            Keys.Of(Service), ++generation, "v1", "v2", $"{Service}-default-{number}", Exposure.Of(Weights.OfCandidate(candidate))),
            CancellationToken.None);
    }

    public async Task BeIdleAsync(string stable = "v1") =>
        await Router.ApplyAsync(ServiceRoute.Idle(Keys.Of(Service), ++generation, stable), CancellationToken.None);

    public Task LiveAsync(string version, int endpoints = 1) =>
        Eventually.TrueAsync(() => Health.HealthOf(Keys.Of(Service), version).Live == endpoints, $"{version} lives");

    /// <summary>What was counted of an arm so far, over all cohorts.</summary>
    public async Task<Counts> CountsOfAsync(Arm arm)
    {
        var sum = new Counts();
        var reading = await Router.ReadAsync(Keys.Of(Service), CancellationToken.None);
        foreach (var read in reading!.Arms)
            if (read.Arm == arm) sum.Add(read.Counts);
        return sum;
    }

    /// <summary>Waits until the arm's counters are so.</summary>
    public Task CountsAsync(Arm arm, Func<Counts, bool> areSo, string what) =>
        Eventually.TrueAsync(() => areSo(CountsOfAsync(arm).GetAwaiter().GetResult()), what);

    /// <summary>Waits until this many requests of the arm ended with the outcome.</summary>
    public Task CountedAsync(Arm arm, Outcome outcome, long count = 1) => Eventually.TrueAsync(
        () => CountsOfAsync(arm).GetAwaiter().GetResult().ByOutcome[(int)outcome] == count,
        $"{arm} ends {count} times with {outcome}: {string.Join(",", CountsOfAsync(arm).GetAwaiter().GetResult().ByOutcome)}");

    /// <summary>Sends bytes as they are, and returns all that comes back until the proxy closes or falls silent.</summary>
    public async Task<string> RawAsync(string bytes, Func<string, bool>? enough = null)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
        return await ReadAsync(socket, enough);
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Address.Host, Address.Port);
        return socket;
    }

    public static async Task<string> ReadAsync(Socket socket, Func<string, bool>? enough = null)
    {
        var all = new StringBuilder();
        var buffer = new byte[8192];
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (enough?.Invoke(all.ToString()) != true)
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(buffer, late.Token);
            }
            catch (SocketException)
            {
                break;
            }

            if (read == 0) break;
            all.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return all.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        handler.Dispose();
        await Server.DisposeAsync();
        Router.Dispose();
        directory.Delete(recursive: true);
        Assert.True(Errors.Lines.IsEmpty, string.Join("\n", Errors.Lines));
    }

    public static HttpRequestMessage Request(HttpMethod method, string target, string? user = null, Version? version = null)
    {
        var request = new HttpRequestMessage(method, target)
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (user is not null) request.Headers.Add("x-user-id", user);
        return request;
    }

    public static ImmutableArray<string> SetCookies(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? [.. values] : [];
}
