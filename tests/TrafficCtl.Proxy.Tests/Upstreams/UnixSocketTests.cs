using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Upstreams;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Upstreams;

public sealed class UnixSocketTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-s-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task Requests_and_probes_reach_a_socket()
    {
        await using var upstream = await Upstream.StartOnSocketAsync(At("shop.sock"), name: "by socket");
        await using var proxy = await StartAsync(Probed("/ready", upstream.Address));

        using var response = await proxy.Client.PostAsync("/buy?n=1", new StringContent("body"));

        Assert.Equal("by socket", await response.Content.ReadAsStringAsync());
        await proxy.LiveAsync("v1");
        Assert.Equal(["/buy?n=1", "/ready"], upstream.Seen.Select(seen => seen.Target).Distinct().Order(StringComparer.Ordinal));
        Assert.All(upstream.Seen, seen => Assert.Equal("localhost", seen.Header("Host")));
    }

    [Fact]
    public async Task A_connection_alone_shows_that_a_socket_lives()
    {
        await using var upstream = await Upstream.StartOnSocketAsync(At("shop.sock"));
        await using var proxy = await StartAsync(Probed(null, upstream.Address));

        await proxy.LiveAsync("v1");
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task The_clients_host_is_kept_where_it_is_to_be()
    {
        await using var upstream = await Upstream.StartOnSocketAsync(At("shop.sock"));
        var spec = Probed(null, upstream.Address);
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { KeepsHost = true }));
        using var request = Request(HttpMethod.Get, "/");
        request.Headers.Host = "shop.example";

        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal("shop.example", upstream.Last.Header("Host"));
    }

    [Fact]
    public async Task Speaks_http2_with_prior_knowledge_to_a_socket()
    {
        await using var upstream = await Upstream.StartOnSocketAsync(At("shop.sock"), protocols: HttpProtocols.Http2);
        var spec = Probed("/ready", upstream.Address);
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { Protocol = UpstreamProtocol.H2c }));

        Assert.Equal("upstream", await proxy.Client.GetStringAsync("/"));
        Assert.Equal("HTTP/2", upstream.Last.Protocol);
        await proxy.LiveAsync("v1");
    }

    [Fact]
    public async Task Each_socket_of_a_version_has_its_own_connections()
    {
        await using var a = await Upstream.StartOnSocketAsync(At("a.sock"));
        await using var b = await Upstream.StartOnSocketAsync(At("b.sock"));
        await using var proxy = await StartAsync(Probed(null, a.Address, b.Address));
        await proxy.LiveAsync("v1", endpoints: 2);

        for (var i = 0; i < 40; i++) await proxy.Client.GetStringAsync("/");

        Assert.Equal(40, a.Seen.Count + b.Seen.Count);
        Assert.All(new[] { a, b }, upstream => Assert.NotEmpty(upstream.Seen));
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_a_connect_failure_until_it_comes()
    {
        await using var proxy = await StartAsync(Probed(null, new Uri("http+unix://" + At("later.sock"))));
        using (var response = await proxy.Client.GetAsync("/")) Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);

        await using var upstream = await Upstream.StartOnSocketAsync(At("later.sock"));
        await proxy.LiveAsync("v1");

        Assert.Equal("upstream", await proxy.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task The_longest_path_of_a_socket_is_reached()
    {
        var path = At("");
        path += new string('s', UnixAddress.MostBytes - path.Length);
        await using var upstream = await Upstream.StartOnSocketAsync(path);
        await using var proxy = await StartAsync(Probed(null, upstream.Address));

        Assert.Equal("upstream", await proxy.Client.GetStringAsync("/"));
    }

    [Theory]
    [InlineData("http+unix:///run/shop.sock", "/run/shop.sock")]
    [InlineData("http+unix:///run/%C5%BDluť%20shop/a.b.sock", "/run/Žluť shop/a.b.sock")]
    public void A_socket_is_a_host_and_back(string endpoint, string path)
    {
        var address = UnixHost.AddressOf(new Uri(endpoint));

        Assert.Equal((path, "http", "/"), (UnixHost.PathOf(address.IdnHost), address.Scheme, address.AbsolutePath));
        Assert.Null(UnixHost.PathOf("shop.internal"));
        Assert.Equal(new Uri("https://shop.internal:1/a"), UnixHost.AddressOf(new Uri("https://shop.internal:1/a")));
    }

    private string At(string name) => Path.Combine(directory.FullName, name);

    private static ServiceSpec Probed(string? path, params Uri[] endpoints)
    {
        var spec = Spec(("v1", endpoints));
        var health = new HealthSettings(path, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(20));
        return spec.WithProxy(p => p with { Health = health });
    }
}
