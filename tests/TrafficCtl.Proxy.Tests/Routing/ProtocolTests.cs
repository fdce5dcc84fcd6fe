using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

[Collection(Alone.Name)]
public sealed class ProtocolTests
{
    [Fact]
    public async Task Speaks_http1_and_http2_on_one_cleartext_port()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20, HttpVersion.Version11 })
        {
            using var request = Request(HttpMethod.Get, "/", version: version);
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((version, HttpStatusCode.OK), (response.Version, response.StatusCode));
        }

        Assert.Equal("http", upstream.Last.Header("X-Forwarded-Proto"));
    }

    [Theory]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r")]
    public async Task Waits_for_a_preface_that_comes_in_pieces(string first)
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var socket = await proxy.ConnectAsync();
        var rest = first.Length == 1
            ? "OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : "\n\0\0\0\x04\0\0\0\0\0";

        await socket.SendAsync(Encoding.Latin1.GetBytes(first));
        await socket.SendAsync(Encoding.Latin1.GetBytes(rest));

        var answer = await ReadAsync(socket, text => text.Length > 9);
        if (first.Length == 1) Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        else Assert.Equal('\x04', answer[3]);
    }

    [Fact]
    public async Task Chooses_the_protocol_by_alpn_and_takes_a_new_certificate_on_reload()
    {
        await using var upstream = await Upstream.StartAsync();
        using var files = new CertificateFiles("first");
        var spec = Spec(("v1", [upstream.Address])).At(new Listener("127.0.0.1", 0, files.Files));
        await using var proxy = await StartAsync(spec);
        var seen = "";
        using var client = new HttpClient(new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (seen = certificate!.Subject) is "CN=first" or "CN=second",
            },
        });

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var request = Request(HttpMethod.Get, new Uri(proxy.Address, "/").AbsoluteUri, version: version);
            using var response = await client.SendAsync(request);
            Assert.Equal((version, HttpStatusCode.OK, "CN=first"), (response.Version, response.StatusCode, seen));
            Assert.Equal("https", upstream.Last.Header("X-Forwarded-Proto"));
        }

        var address = proxy.Address;
        files.Write("second");
        await proxy.Server.ReloadAsync([spec], CancellationToken.None);
        using var again = await client.GetAsync(address);
        Assert.Equal((address, "CN=second"), (proxy.Address, seen));

        await proxy.RollOutAsync(5000);
        Assert.EndsWith("; Secure", Assert.Single(SetCookies(await client.GetAsync(address))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, Outcome.Success)]
    [InlineData(5, Outcome.ClientError)]
    [InlineData(14, Outcome.GrpcFailure)]
    public async Task Passes_grpc_and_takes_its_status_from_the_trailers(int status, Outcome expected)
    {
        await using var upstream = await Upstream.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                await context.Request.Body.CopyToAsync(context.Response.Body);
                context.Response.AppendTrailer("grpc-status", status.ToString());
            },
            protocols: HttpProtocols.Http2);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var response = await proxy.Client.SendAsync(GrpcRequest());

        Assert.Equal([0, 0, 0, 0, 1, 42], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(status.ToString(), response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(("HTTP/2", "trailers"), (upstream.Last.Protocol, upstream.Last.Header("TE")));
        await proxy.CountedAsync(Arm.Stable, expected);
        var counts = await proxy.CountsOfAsync(Arm.Stable);
        Assert.Equal((6, 6), (counts.BytesIn, counts.BytesOut));
    }

    [Fact]
    public async Task Takes_a_grpc_status_from_an_answer_of_headers_only()
    {
        await using var upstream = await Upstream.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = "13";
                return Task.CompletedTask;
            },
            protocols: HttpProtocols.Http2);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var response = await proxy.Client.SendAsync(GrpcRequest());

        Assert.Equal("13", response.Headers.GetValues("grpc-status").Single());
        await proxy.CountedAsync(Arm.Stable, Outcome.GrpcFailure);
    }

    [Fact]
    public async Task Speaks_http2_upstream_where_the_service_says_so()
    {
        await using var upstream = await Upstream.StartAsync(protocols: HttpProtocols.Http2);
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { Protocol = UpstreamProtocol.H2c }));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal((HttpStatusCode.OK, "HTTP/2"), (response.StatusCode, upstream.Last.Protocol));
    }

    [Fact]
    public async Task Passes_websockets_and_counts_them_by_their_headers()
    {
        await using var upstream = await EchoAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var socket = await WebSocketAsync(proxy);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await Eventually.TrueAsync(() => proxy.Server.OpenTunnels == 1, "its tunnel is open");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
        await Eventually.TrueAsync(() => proxy.Server.OpenTunnels == 0, "no tunnel is open");
        Assert.True((await proxy.CountsOfAsync(Arm.Stable)).BytesOut > 5);
    }

    [Fact]
    public async Task Passes_events_as_they_come()
    {
        var go = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync("data: 2\n\n");
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var response = await proxy.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: 1", await events.ReadLineAsync());
        Assert.Equal(1, (await proxy.CountsOfAsync(Arm.Stable)).InFlight);
        go.SetResult();
        Assert.Equal("\ndata: 2\n\n", await events.ReadToEndAsync());

        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
        Assert.Equal(18, (await proxy.CountsOfAsync(Arm.Stable)).BytesOut);
    }

    [Fact]
    public async Task Streams_a_hundred_megabytes_both_ways_in_little_memory()
    {
        const long size = 100_000_000;
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await new Zeros(size).CopyToAsync(context.Response.Body);
        });
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { BodyLimit = size }));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0, received = 0;

        using var request = Request(HttpMethod.Post, "/");
        request.Content = new Zeros(size);
        using var response = await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[128 * 1024];
        for (int read, reads = 0; (read = await body.ReadAsync(buffer)) > 0; received += read)
            if (++reads % 500 == 0) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);

        Assert.Equal(size, received);
        Assert.InRange(peak, 0, 50_000_000);
        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
        var counts = await proxy.CountsOfAsync(Arm.Stable);
        Assert.Equal((size, size), (counts.BytesIn, counts.BytesOut));
    }

    [Fact]
    public async Task Passes_both_directions_at_once_over_http2()
    {
        await using var upstream = await Upstream.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.FlushAsync();
                var buffer = new byte[100];
                for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
                {
                    await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                    await context.Response.Body.FlushAsync();
                }

                context.Response.AppendTrailer("grpc-status", "0");
            },
            protocols: HttpProtocols.Http2);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var toSend = new System.IO.Pipelines.Pipe();
        using var request = GrpcRequest();
        request.Content = new Live(toSend.Reader);
        request.Content.Headers.ContentType = new("application/grpc");

        using var response = await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
        await using var answers = await response.Content.ReadAsStreamAsync();
        var received = new byte[1];
        for (byte i = 0; i < 10; i++)
        {
            await toSend.Writer.WriteAsync(new[] { i });
            await answers.ReadExactlyAsync(received);
            Assert.Equal(i, received[0]);
        }

        await toSend.Writer.CompleteAsync();
        Assert.Equal(0, await answers.ReadAsync(received));
        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
        Assert.Equal((10, 10), ((await proxy.CountsOfAsync(Arm.Stable)).BytesIn, (await proxy.CountsOfAsync(Arm.Stable)).BytesOut));
    }

    [Fact]
    public async Task Asks_for_an_expected_body_only_when_the_upstream_wants_it()
    {
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/no") context.Response.StatusCode = 409;
            else await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var socket = await proxy.ConnectAsync();

        await socket.SendAsync("POST /yes HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        Assert.StartsWith(
            "HTTP/1.1 100 Continue\r\n\r\n", await ReadAsync(socket, t => t.Contains("\r\n\r\n", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        await socket.SendAsync("body"u8.ToArray());
        var answer = await ReadAsync(socket, t => t.Contains("body", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);

        var refused = await proxy.RawAsync(
            "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            t => t.Contains("409", StringComparison.Ordinal));
        Assert.Equal("100-continue", upstream.Last.Header("Expect"));
        Assert.DoesNotContain("100 Continue", refused, StringComparison.Ordinal);
    }

    internal static Task<Upstream> EchoAsync() => Upstream.StartAsync(async context =>
    {
        var upgrade = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>()!;
        var key = context.Request.Headers.SecWebSocketKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
#pragma warning disable CA5350 // The handshake of RFC 6455 is made of it.
        context.Response.Headers.SecWebSocketAccept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key)));
#pragma warning restore CA5350
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.Upgrade = "websocket";
        using var socket = WebSocket.CreateFromStream(await upgrade.UpgradeAsync(), isServer: true, null, Timeout.InfiniteTimeSpan);
        var buffer = new byte[1000];
        while (true)
        {
            WebSocketReceiveResult received;
            try
            {
                received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            }
            catch (Exception fault) when (fault is WebSocketException or OperationCanceledException)
            {
                return;
            }

            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }
    });

    internal static async Task<ClientWebSocket> WebSocketAsync(ProxyUnderTest proxy, string user = "ann")
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("x-user-id", user);
        await socket.ConnectAsync(new UriBuilder(proxy.Address) { Scheme = "ws" }.Uri, CancellationToken.None);
        return socket;
    }

    internal static HttpRequestMessage GrpcRequest()
    {
        var request = Request(HttpMethod.Post, "/greet.Greeter/Hello", version: HttpVersion.Version20);
        request.Headers.TE.ParseAdd("trailers");
        request.Content = new ByteArrayContent([0, 0, 0, 0, 1, 42]);
        request.Content.Headers.ContentType = new("application/grpc");
        return request;
    }

    /// <summary>A body that is sent as it comes, after headers that do not wait for it.</summary>
    private sealed class Live(System.IO.Pipelines.PipeReader parts) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            while (await parts.ReadAsync() is { Buffer.IsEmpty: false } read)
            {
                foreach (var part in read.Buffer) await stream.WriteAsync(part);
                await stream.FlushAsync();
                parts.AdvanceTo(read.Buffer.End);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class Zeros(long size) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var block = new byte[100_000];
            for (long sent = 0; sent < size; sent += block.Length) await stream.WriteAsync(block);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
