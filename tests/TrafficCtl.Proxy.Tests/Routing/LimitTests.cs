using System.Net;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class LimitTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Refuses_an_announced_body_beyond_the_limit_before_dispatch(string version)
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Limited(upstream, body: 10));

        using var request = Request(HttpMethod.Post, "/", version: Version.Parse(version));
        request.Content = new StringContent("12345678901");
        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("The request body is larger than 10 bytes.\n", await response.Content.ReadAsStringAsync());
        Assert.Empty(upstream.Seen);
        await proxy.CountedAsync(Arm.Stable, Outcome.Refused);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Cuts_an_unannounced_body_at_the_limit(string version)
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null));
        await using var proxy = await StartAsync(Limited(upstream, body: 10));

        using var request = Request(HttpMethod.Post, "/", version: Version.Parse(version));
        request.Headers.TransferEncodingChunked = version == "1.1" ? true : null;
        request.Content = new StreamContent(new Unsized("12345678901"u8.ToArray()));
        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.Refused);
    }

    [Fact]
    public async Task Takes_a_body_of_just_the_limit()
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(context.Response.Body));
        await using var proxy = await StartAsync(Limited(upstream, body: 10));

        using var response = await proxy.Client.PostAsync("/", new StringContent("1234567890"));

        Assert.Equal("1234567890", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Refuses_headers_beyond_the_limit()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Limited(upstream, headers: 4096));

        using var request = Request(HttpMethod.Get, "/");
        request.Headers.Add("x-large", new string('x', 5000));

        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        Assert.Empty(upstream.Seen);
    }

    /// <summary>The limit is announced: a client that has read the announcement refuses by itself, another one is answered.</summary>
    [Fact]
    public async Task Refuses_headers_beyond_the_limit_on_http2_or_has_the_client_refuse_them()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Limited(upstream, headers: 4096));
        using var request = Request(HttpMethod.Get, "/", version: HttpVersion.Version20);
        request.Headers.Add("x-large", new string('x', 5000));

        try
        {
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        }
        catch (HttpRequestException refused)
        {
            Assert.Contains("4096", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n12345")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n Folded: 3\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET  /  HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task Refuses_a_request_that_two_servers_could_read_differently(string bytes)
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null));
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        Assert.StartsWith(
            "HTTP/1.1 400 ", await proxy.RawAsync(bytes, t => t.Contains("\r\n\r\n", StringComparison.Ordinal)), StringComparison.Ordinal);

        using var next = await proxy.Client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task Sends_one_length_and_closes_when_a_request_carries_two_kinds()
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(context.Response.Body));
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        var answer = await proxy.RawAsync(
            "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.DoesNotContain(upstream.Seen, r => r.Target == "/smuggled");
        Assert.DoesNotContain(upstream.Seen, r => r.Header("Content-Length") is not null && r.Header("Transfer-Encoding") is not null);
        Assert.Single(answer.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
    }

    private static ServiceSpec Limited(Upstream upstream, long body = 30_000_000, int headers = 32 * 1024)
    {
        var spec = Spec(("v1", [upstream.Address]));
        return spec.WithProxy(p => p with { BodyLimit = body, HeaderLimit = headers });
    }

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
