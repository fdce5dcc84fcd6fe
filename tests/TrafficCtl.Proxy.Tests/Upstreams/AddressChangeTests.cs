using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Upstreams;

/// <summary>An endpoint whose name leads elsewhere now. Loopback has many addresses, so that one port can be two machines.</summary>
public sealed class AddressChangeTests
{
    private static readonly IPAddress Here = IPAddress.Parse("127.0.0.1"), There = IPAddress.Parse("127.0.0.2");

    private readonly ManualClock clock = new(DateTimeOffset.UtcNow);
    private Func<IPAddress[]> answer = () => [Here];
    private int asked;

    [Theory]
    [InlineData(null)]
    [InlineData("/ready")]
    public async Task Requests_follow_a_changed_answer_at_the_next_probe(string? path)
    {
        await using var former = await Upstream.StartAsync(name: "former");
        await using var later = await Upstream.StartAsync(name: "later", port: former.Address.Port, address: There);
        await using var proxy = await StartAsync(path, former.Address.Port);
        Assert.Equal("former", await proxy.Client.GetStringAsync("/"));

        answer = () => [There];
        // The connection that is kept knows nothing of it.
        Assert.Equal("former", await proxy.Client.GetStringAsync("/"));
        await ProbeUntilAsync(() => proxy.Client.GetStringAsync("/").GetAwaiter().GetResult() == "later");

        var before = former.Seen.Count;
        for (var i = 0; i < 10; i++) Assert.Equal("later", await proxy.Client.GetStringAsync("/"));
        Assert.Equal(before, former.Seen.Count);
    }

    [Fact]
    public async Task A_request_under_way_finishes_where_it_is()
    {
        var rest = new TaskCompletionSource();
        await using var former = await Upstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("a");
            await context.Response.Body.FlushAsync();
            await rest.Task;
            await context.Response.WriteAsync("b");
        });
        await using var later = await Upstream.StartAsync(name: "later", port: former.Address.Port, address: There);
        await using var proxy = await StartAsync(null, former.Address.Port);
        using var underWay = await proxy.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);

        answer = () => [There];
        await ProbeUntilAsync(() => asked > 10);
        Assert.Equal("later", await proxy.Client.GetStringAsync("/"));
        rest.SetResult();

        Assert.Equal("ab", await underWay.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Another_order_of_the_same_addresses_opens_no_connection()
    {
        var connections = new HashSet<string>();
        await using var upstream = await Upstream.StartAsync(context =>
        {
            connections.Add(context.Connection.Id);
            return Task.CompletedTask;
        });
        answer = () => [Here, There];
        await using var proxy = await StartAsync(null, upstream.Address.Port);
        using (await proxy.Client.GetAsync("/")) { }

        answer = () => [There, Here];
        await ProbeUntilAsync(() => asked > 10);
        using (await proxy.Client.GetAsync("/")) { }

        Assert.Single(connections);
    }

    [Fact]
    public async Task A_name_that_is_gone_takes_its_endpoint_out_and_a_silent_name_service_does_not()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(null, upstream.Address.Port);
        await proxy.LiveAsync("v1");

        answer = () => throw new SocketException((int)SocketError.TryAgain);
        await ProbeUntilAsync(() => asked > 10);
        Assert.Equal(1, proxy.Health.HealthOf(Keys.Of(Service), "v1").Live);

        answer = () => throw new SocketException((int)SocketError.HostNotFound);
        await ProbeUntilAsync(() => proxy.Health.HealthOf(Keys.Of(Service), "v1").Live == 0);
    }

    [Fact]
    public async Task Tries_the_addresses_of_a_name_in_turn()
    {
        await using var upstream = await Upstream.StartAsync();
        answer = () => [There, Here];
        await using var proxy = await StartAsync(null, upstream.Address.Port);

        Assert.Equal("upstream", await proxy.Client.GetStringAsync("/"));
        await proxy.LiveAsync("v1");
    }

    private async Task<ProxyUnderTest> StartAsync(string? path, int port)
    {
        var spec = Spec(("v1", [new Uri($"http://shop.internal:{port}")]));
        spec = spec.WithProxy(p => p with { Health = new HealthSettings(path, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) });
        var proxy = await ProxyUnderTest.StartAsync(spec, clock, lookup: LookUpAsync);
        await proxy.LiveAsync("v1");
        return proxy;
    }

    private Task<IPAddress[]> LookUpAsync(string name, CancellationToken stop)
    {
        Assert.Equal("shop.internal", name);
        Interlocked.Increment(ref asked);
        return Task.FromResult(answer());
    }

    /// <summary>A probe's interval passes as often as it takes.</summary>
    private Task ProbeUntilAsync(Func<bool> condition)
    {
        asked = 0;
        return Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            "it is so after a probe");
    }
}
