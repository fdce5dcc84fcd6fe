using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>What cannot be forwarded for a reason of the request is refused before dispatch, and is no version's failure.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.1", 405)]
    [InlineData("TRACE / HTTP/1.1", 405)]
    [InlineData("OPTIONS * HTTP/1.1", 400)]
    [InlineData("get / HTTP/1.1", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked", 501)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3", 400)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400)]
    public async Task A_request_that_no_reverse_proxy_forwards_is_refused(string line, int status)
    {
        await using var v1 = await Upstream.StartAsync();
        await using var v2 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(10_000);
        var host = line.StartsWith("CONNECT", StringComparison.Ordinal) ? "a:1" : "h";
        // The body ends, or the server would wait for the rest of it before it closes the connection.
        var body = line.Contains("chunked", StringComparison.Ordinal) ? "0\r\n\r\n" : "";
        var answer = await proxy.RawAsync($"{line}\r\nHost: {host}\r\nx-user-id: ann\r\nConnection: close\r\n\r\n{body}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        await proxy.CountedAsync(Arm.Candidate, Outcome.Refused);
        Assert.True(v1.Seen.IsEmpty && v2.Seen.IsEmpty);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Candidate)).Requests);
    }

    [Fact]
    public async Task Extended_connect_of_another_protocol_is_refused()
    {
        await using var v1 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]));
        using var request = new HttpRequestMessage(HttpMethod.Connect, proxy.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Protocol = "connect-udp";
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var response = await invoker.SendAsync(request, CancellationToken.None);
        Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.Refused);
    }

    [Theory]
    [InlineData(200, HttpStatusCode.NotImplemented, Outcome.Refused)]
    [InlineData(204, HttpStatusCode.NotImplemented, Outcome.Refused)]
    [InlineData(404, HttpStatusCode.NotFound, Outcome.ClientError)]
    [InlineData(426, HttpStatusCode.UpgradeRequired, Outcome.ClientError)]
    [InlineData(500, HttpStatusCode.InternalServerError, Outcome.ServerError)]
    public async Task A_page_where_a_tunnel_was_asked_for_opens_none_and_is_no_failure(int status, HttpStatusCode passed, Outcome counted)
    {
        await using var v1 = await Upstream.StartAsync(context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, "text/html");
            return status == 204 ? Task.CompletedTask : context.Response.WriteAsync("a page");
        });
        await using var proxy = await StartAsync(("v1", [v1.Address]));

        using var response = await TunnelAsync(proxy);

        Assert.Equal((passed, HttpVersion.Version20), (response.StatusCode, response.Version));
        if (passed == HttpStatusCode.NotImplemented) Assert.Null(response.Content.Headers.ContentType);
        await proxy.CountedAsync(Arm.Stable, counted);
        Assert.Equal("GET", v1.Last.Method);
    }

    [Fact]
    public async Task A_tunnel_that_an_http2_upstream_does_not_take_is_refused()
    {
        await using var v1 = WithoutTunnels();
        var spec = Spec(("v1", [v1.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { Protocol = UpstreamProtocol.H2c }));

        using var response = await TunnelAsync(proxy);

        Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.Refused);
    }

    [Fact]
    public async Task A_candidate_that_takes_no_tunnels_beside_a_stable_that_does_has_failed()
    {
        await using var v1 = await Upstream.StartAsync(
            async context =>
            {
                await using var tunnel = await context.Features.Get<IHttpExtendedConnectFeature>()!.AcceptAsync();
                await tunnel.WriteAsync("x"u8.ToArray());
            },
            protocols: HttpProtocols.Http2);
        await using var v2 = WithoutTunnels();
        var spec = Spec(("v1", [v1.Address]), ("v2", [v2.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { Protocol = UpstreamProtocol.H2c }));
        using (var response = await TunnelAsync(proxy)) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await proxy.RollOutAsync(10_000);

        using (var response = await TunnelAsync(proxy)) Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);

        await proxy.CountedAsync(Arm.Candidate, Outcome.ConnectFailure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Grpc_to_versions_without_http2_is_refused_before_it_is_dispatched(bool isKestrel)
    {
        await using var kestrel = await Upstream.StartAsync();
        var asked = 0;
        await using var plain = new RawUpstream(async (socket, stop) =>
        {
            // A connection without a word is a health probe.
            if (await socket.ReceiveAsync(new byte[4096], stop) == 0) return;
            Interlocked.Increment(ref asked);
            await socket.SendAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
        });
        var address = isKestrel ? kestrel.Address : plain.Address;
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        // No health probe is under way when the clock is moved: one that is would run out of its time, and its endpoint would be dead.
        var spec = Spec(("v1", [address]), ("v2", [address]));
        var rarely = spec.Embedded.Proxy with { Health = new HealthSettings(Every: TimeSpan.FromDays(1)) };
        await using var proxy = await StartAsync(spec.WithProxy(rarely), clock);
        await proxy.LiveAsync("v1");
        await proxy.LiveAsync("v2");
        await proxy.RollOutAsync(10_000);

        // The first ones come together, and wait for one answer of each version.
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => AnswerOfGrpc(proxy))));
        Assert.All(answers, a => Assert.Contains("needs HTTP/2", a, StringComparison.Ordinal));
        Assert.True(isKestrel ? kestrel.Seen.IsEmpty : asked == 2);

        // What is remembered fades: an endpoint may be replaced.
        clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++) Assert.Contains("needs HTTP/2", AnswerOfGrpc(proxy), StringComparison.Ordinal);
        Assert.True(isKestrel ? kestrel.Seen.IsEmpty : asked == 4);
        await proxy.CountedAsync(Arm.Candidate, Outcome.Refused, 30);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Candidate)).Requests);
    }

    [Fact]
    public async Task A_candidate_without_http2_beside_a_stable_that_speaks_it_has_failed()
    {
        await using var v1 = await Upstream.StartAsync(protocols: HttpProtocols.Http2);
        await using var v2 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(10_000);

        // After three failures the breaker may send the next ones to stable.
        for (var i = 0; i < 3; i++) Assert.Equal("", AnswerOfGrpc(proxy));

        await FailedAsync(proxy, Arm.Candidate, 3);
    }

    [Fact]
    public async Task A_version_that_speaks_http2_and_breaks_it_has_failed()
    {
        await using var v1 = new RawUpstream(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], stop);
            // SETTINGS, and then a frame that is none.
            await socket.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0 }, stop);
        });
        await using var proxy = await StartAsync(("v1", [v1.Address]));

        for (var i = 0; i < 5; i++) Assert.Equal("", AnswerOfGrpc(proxy));

        await FailedAsync(proxy, Arm.Stable, 5);
    }

    [Fact]
    public async Task A_version_that_closes_without_a_word_has_failed()
    {
        await using var v1 = RawUpstream.Resetting();
        await using var proxy = await StartAsync(("v1", [v1.Address]));

        for (var i = 0; i < 5; i++) Assert.Equal("", AnswerOfGrpc(proxy));

        await FailedAsync(proxy, Arm.Stable, 5);
    }

    /// <summary>All requests of the arm are over, and each was the version's failure.</summary>
    private static async Task FailedAsync(ProxyUnderTest proxy, Arm arm, int requests)
    {
        await proxy.CountsAsync(arm, seen => seen.InFlight == 0 && seen.Started == requests, "all are over");
        var counts = await proxy.CountsOfAsync(arm);
        Assert.DoesNotContain(Enum.GetValues<Outcome>(), o => !o.IsFailure() && counts.ByOutcome[(int)o] > 0);
        Assert.Equal(requests, counts.Failures);
    }

    /// <summary>The body of the answer to a gRPC request.</summary>
    private static string AnswerOfGrpc(ProxyUnderTest proxy)
    {
        using var request = ProtocolTests.GrpcRequest();
        using var response = proxy.Client.SendAsync(request).GetAwaiter().GetResult();
        return response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
    }

    private static async Task<HttpResponseMessage> TunnelAsync(ProxyUnderTest proxy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Connect, proxy.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Protocol = "websocket";
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false }, disposeHandler: false);
        return await invoker.SendAsync(request, CancellationToken.None);
    }

    /// <summary>HTTP/2 whose SETTINGS allow no extended CONNECT.</summary>
    private static RawUpstream WithoutTunnels() => new(async (socket, stop) =>
    {
        await socket.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, stop);
        while (await socket.ReceiveAsync(new byte[4096], stop) > 0)
        {
        }
    });
}
