using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Listening;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Listening;

/// <summary>Headers as haproxy.org's proxy-protocol.txt gives them.</summary>
public sealed class ProxyProtocolTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";
    private const string Request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    public static TheoryData<string, string?> Named() => new()
    {
        { "PROXY TCP4 203.0.113.7 198.51.100.1 56324 443\r\n", "203.0.113.7:56324" },
        { "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "[2001:db8::7]:56324" },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", null },
        { Signature + "\x21\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\xdc\x04\x01\xbb", "203.0.113.7:56324" },
        { Signature + "\x21\x11\x00\x10\xcb\x00\x71\x07\xc6\x33\x64\x01\xdc\x04\x01\xbb\x04\x00\x01\x00", "203.0.113.7:56324" },
        {
            Signature
                + "\x21\x21\x00\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xdc\x04\x01\xbb",
            "[2001:db8::7]:56324"
        },
        { Signature + "\x20\x00\x00\x00", null },
        { Signature + "\x21\x00\x00\x00", null },
    };

    [Theory]
    [MemberData(nameof(Named))]
    public void A_header_names_the_client_and_its_own_length(string header, string? client)
    {
        var parsed = Parse(header + Request);
        Assert.Equal((header.Length, client), (parsed.Length, parsed.Client?.ToString()));
        for (var part = 1; part < header.Length; part++) Assert.Equal(ProxyProtocol.Header.More, Parse(header[..part]));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 here there 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 1.2.3.4 70000 2\r\n")]
    [InlineData("PROXY TCP9 1.2.3.4 1.2.3.4 1 2\r\n")]
    [InlineData(Signature + "\x31\x11\x00\x0c\xcb\x00\x71\x07\xc6\x33\x64\x01\xdc\x04\x01\xbb")]
    [InlineData(Signature + "\x21\x11\x00\x04\xcb\x00\x71\x07")]
    [InlineData(Signature + "\x21\x11\xff\xff")]
    public void What_is_no_header_is_none(string bytes) => Assert.Equal(ProxyProtocol.Header.None, Parse(bytes));

    [Fact]
    public void A_line_without_an_end_is_none() => Assert.Equal(ProxyProtocol.Header.None, Parse("PROXY TCP4 " + new string('1', 200)));

    [Fact]
    public async Task The_named_client_is_the_one_that_upstreams_are_told()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Proxied(upstream.Address));
        var answer = await proxy.RawAsync("PROXY TCP4 203.0.113.7 198.51.100.1 56324 443\r\n" + Request);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(("203.0.113.7", "203.0.113.7"), (upstream.Last.Header("X-Forwarded-For"), upstream.Last.Header("X-Real-IP")));
    }

    [Fact]
    public async Task A_connection_without_the_header_is_closed()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Proxied(upstream.Address));
        Assert.Equal("", await proxy.RawAsync(Request));
        Assert.True(upstream.Seen.IsEmpty);
    }

    [Fact]
    public async Task A_header_from_an_address_that_is_not_trusted_closes_the_connection()
    {
        await using var upstream = await Upstream.StartAsync();
        var spec = Proxied(upstream.Address);
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] }));
        Assert.Equal("", await AnswerOfAsync(proxy, "PROXY TCP4 203.0.113.7 198.51.100.1 56324 443\r\n" + Request));
        Assert.True(upstream.Seen.IsEmpty);
    }

    /// <summary>Empty also where the connection is reset while it is being opened.</summary>
    private static async Task<string> AnswerOfAsync(ProxyUnderTest proxy, string bytes)
    {
        try
        {
            return await proxy.RawAsync(bytes);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static ServiceSpec Proxied(Uri upstream) =>
        Spec(("v1", [upstream])).At(new Listener("127.0.0.1", 0, null) { IsProxied = true });

    private static ProxyProtocol.Header Parse(string bytes) =>
        ProxyProtocol.Parse(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(bytes)));
}
