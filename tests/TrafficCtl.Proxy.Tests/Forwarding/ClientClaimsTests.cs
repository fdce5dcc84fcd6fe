using System.Net;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Forwarding;

/// <summary>Who a client is, as upstreams are told: by itself, and by a proxy that is trusted.</summary>
public sealed class ClientClaimsTests
{
    private const string Claims =
        "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /p\r\n"
        + "X-Real-IP: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\nX_Forwarded_For: 8.8.8.8\r\nx_real-ip: 8.8.8.8\r\n";

    [Fact]
    public async Task A_strangers_claims_are_replaced()
    {
        var seen = await AskAsync();
        Assert.Equal(("127.0.0.1", "127.0.0.1", "http", "h"), Told(seen));
        Assert.Null(seen.Header("X-Forwarded-Prefix"));
        Assert.Null(seen.Header("Forwarded"));
        Assert.Null(seen.Header("X_Forwarded_For"));
        Assert.Null(seen.Header("x_real-ip"));
    }

    [Fact]
    public async Task A_trusted_proxys_claims_are_continued()
    {
        var seen = await AskAsync("127.0.0.0/8");
        Assert.Equal(("9.9.9.9, 127.0.0.1", "9.9.9.9", "https", "evil"), Told(seen));
        Assert.Equal("/p", seen.Header("X-Forwarded-Prefix"));
        Assert.Equal("for=9.9.9.9, for=127.0.0.1;proto=http", seen.Header("Forwarded"));
        Assert.Null(seen.Header("X_Forwarded_For"));
        Assert.Null(seen.Header("x_real-ip"));
    }

    [Fact]
    public async Task A_network_that_the_client_is_not_in_trusts_nobody() =>
        Assert.Equal(("127.0.0.1", "127.0.0.1", "http", "h"), Told(await AskAsync("10.0.0.0/8", "::1/128")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_host_is_kept_where_the_file_says_so(bool keeps)
    {
        var seen = await AskAsync(new ProxySettings { KeepsHost = keeps });
        Assert.Equal(keeps, seen.Header("Host") == "h");
    }

    private static (string?, string?, string?, string?) Told(SeenRequest seen) =>
        (seen.Header("X-Forwarded-For"), seen.Header("X-Real-IP"), seen.Header("X-Forwarded-Proto"), seen.Header("X-Forwarded-Host"));

    private static Task<SeenRequest> AskAsync(params string[] trusted) =>
        AskAsync(new ProxySettings { TrustedProxies = [.. trusted.Select(t => IPNetwork.Parse(t))] });

    private static async Task<SeenRequest> AskAsync(ProxySettings settings)
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Spec(("v1", [upstream.Address])).WithProxy(settings with { DrainDelay = TimeSpan.Zero }));
        await proxy.RawAsync($"GET / HTTP/1.1\r\nHost: h\r\n{Claims}Connection: close\r\n\r\n");
        return upstream.Last;
    }
}
