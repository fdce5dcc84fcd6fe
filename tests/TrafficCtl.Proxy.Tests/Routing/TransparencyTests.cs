using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>What comes in goes out: the request target and header values, byte for byte.</summary>
public sealed class TransparencyTests
{
    [Theory]
    [InlineData("/@babel%2Fcore")]
    [InlineData("/@babel%2fcore")]
    [InlineData("/a%2eb/%2e%2e/c")]
    [InlineData("/[x]/{y}|z^`")]
    [InlineData("/%zz%")]
    [InlineData("/%C0%AF")]
    [InlineData("/%C5%BDofie?n=%C5%BD&m=a%20b+c")]
    [InlineData("/a/../b/./c")]
    [InlineData("//double//slash")]
    [InlineData("/?")]
    [InlineData("/?a=/../b?c=\"d\"")]
    [InlineData("/a;b=1,c:d@e")]
    [InlineData("/a#b")]
    [InlineData("/back\\slash")]
    public async Task A_request_target_reaches_the_upstream_as_it_came(string target)
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var answer = await proxy.RawAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(target, upstream.Last.Target);
    }

    [Theory]
    [InlineData("http://shop.example/a%2Fb?c", "/a%2Fb?c")]
    [InlineData("http://shop.example", "/")]
    [InlineData("http://shop.example?x=1", "/?x=1")]
    public async Task An_absolute_form_becomes_the_origin_form(string target, string seen)
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        await proxy.RawAsync($"GET {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");
        Assert.Equal(seen, upstream.Last.Target);
    }

    [Fact]
    public async Task A_target_goes_through_http2_unchanged()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var asItIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = Http2(
            HttpMethod.Get, new Uri(proxy.Address.GetLeftPart(UriPartial.Authority) + "/@babel%2Fcore/%2e/[x]", asItIs));
        using var response = await proxy.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("/@babel%2Fcore/%2e/[x]", upstream.Last.Target);
    }

    [Fact]
    public async Task An_endpoint_with_a_path_keeps_it_before_the_target()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [new Uri(upstream.Address, "/base/")]));
        await proxy.RawAsync("GET /x%2Fy HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Equal("/base/x%2Fy", upstream.Last.Target);
    }

    /// <summary>The bytes stand here a char each: UTF-8 of Ž is C5 BD; E9 alone is Latin-1 and no UTF-8.</summary>
    [Theory]
    [InlineData("n=\u00c5\u00bdofie")]
    [InlineData("caf\u00e9")]
    [InlineData("\u0080\u00ff")]
    public async Task Header_bytes_above_7F_go_through_in_both_directions(string value)
    {
        await using var upstream = await Upstream.StartAsync(context =>
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{value}.pdf\"";
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var answer = await proxy.RawAsync($"GET / HTTP/1.1\r\nHost: h\r\nCookie: {value}\r\nx-name: {value}\r\nConnection: close\r\n\r\n");
        Assert.Equal((value, value), (upstream.Last.Header("Cookie"), upstream.Last.Header("x-name")));
        Assert.Contains($"Content-Disposition: attachment; filename=\"{value}.pdf\"\r\n", answer, StringComparison.Ordinal);
        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
    }

    [Fact]
    public async Task A_user_named_in_UTF8_keeps_the_bucket_of_the_name()
    {
        await using var v1 = await Upstream.StartAsync();
        await using var v2 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(5000);
        foreach (var name in new[] { "Žofie", "محمد", "😀", "ann" })
        {
            var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name));
            await proxy.RawAsync($"GET / HTTP/1.1\r\nHost: h\r\nx-user-id: {bytes}\r\nConnection: close\r\n\r\n");
            var bucket = new Assignment($"{Service}-default-1").Bucket(name);
            Assert.Equal((bucket / 100).ToString("00"), (bucket < 5000 ? v2 : v1).Last.Header("x-tc-bucket"));
        }
    }

    [Fact]
    public async Task Trailers_of_an_answer_keep_their_bytes()
    {
        await using var upstream = await Upstream.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.AppendTrailer("grpc-status", "0");
                context.Response.AppendTrailer("x-name", "\u00c5\u00bd");
                return Task.CompletedTask;
            },
            protocols: Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var latin = new HttpMessageInvoker(
            new SocketsHttpHandler { ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1 });
        using var request = Http2(HttpMethod.Post, proxy.Address);
        request.Content = new ByteArrayContent([]);
        request.Content.Headers.ContentType = new("application/grpc");
        using var response = await latin.SendAsync(request, CancellationToken.None);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("\u00c5\u00bd", response.TrailingHeaders.GetValues("x-name").Single());
    }

    [Fact]
    public async Task Headers_that_Connection_names_end_here_both_ways()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 200 OK\r\nConnection: close, x-hop\r\nx-hop: 1\r\nx-end: 1\r\nContent-Length: 0\r\n\r\n");
        await using var seen = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var answer = await proxy.RawAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Contains("x-end: 1", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("x-hop", answer, StringComparison.Ordinal);

        await using var other = await StartAsync(("v1", [seen.Address]));
        await other.RawAsync(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: x-hop, x-tc-arm\r\nx-hop: 1\r\nx-end: 1\r\n\r\n",
            static all => all.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        Assert.Equal((null, "1", "stable"), (seen.Last.Header("x-hop"), seen.Last.Header("x-end"), seen.Last.Header("x-tc-arm")));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("FOO")]
    public async Task A_request_that_may_have_been_acted_on_is_not_sent_again(string method)
    {
        var asked = 0;
        await using var upstream = new RawUpstream(async (socket, stop) =>
        {
            // A probe of its health opens a connection and sends nothing.
            if (await socket.ReceiveAsync(new byte[4096], stop) > 0) Interlocked.Increment(ref asked);
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var answer = await proxy.RawAsync($"{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502", answer, StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    private static HttpRequestMessage Http2(HttpMethod method, Uri address) =>
        new(method, address) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
}
