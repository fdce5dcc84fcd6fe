using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Tests.Upstreams;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>Upstreams that answer before they have read the body.</summary>
/// <remarks>The clock stands, so that no deadline and no idle time helps: it moves only by the grace that a body is left.</remarks>
public sealed class EarlyAnswerTests
{
    private const int Small = 64 * 1024, Large = 20 * 1024 * 1024;
    private const string TooLarge = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 9\r\n\r\ntoo large";

    private readonly ManualClock clock = new(DateTimeOffset.UtcNow);

    private delegate Task Afterwards(Socket socket, CancellationToken stop);

    [Theory]
    [InlineData(Small, false, TooLarge)]
    [InlineData(Small, true, TooLarge)]
    [InlineData(Large, false, TooLarge)]
    [InlineData(Large, true, TooLarge)]
    [InlineData(Small, false, "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large")]
    [InlineData(Large, true, "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large")]
    [InlineData(Large, false, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + TooLarge)]
    [InlineData(Large, false, "HTTP/1.0 413 No\nContent-Length: 9\n\ntoo large")]
    public async Task A_refusal_reaches_the_client_while_it_sends(int length, bool isChunked, string says)
    {
        await using var upstream = Answering(says, Ignoring);
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        var answer = await UploadAsync(proxy, length, isChunked);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\ntoo large", answer, StringComparison.Ordinal);
        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 ", Outcome.Success)]
    [InlineData("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 ", Outcome.ServerError)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 ", Outcome.Success)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 ", Outcome.Success)]
    public async Task Any_final_answer_does_when_the_upstream_takes_no_more(string says, string expected, Outcome outcome)
    {
        await using var upstream = Answering(says, Ignoring);
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        Assert.StartsWith(expected, await UploadAsync(proxy, Large, false), StringComparison.Ordinal);

        await OnlyCountedAsync(proxy, outcome);
    }

    /// <summary>The reset needs no grace: nothing more can be sent, and what was said before it is still there.</summary>
    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_refusal_that_a_reset_follows_is_relayed_all_the_same(int length)
    {
        await using var upstream = Answering(TooLarge, static (socket, _) =>
        {
            socket.LingerState = new LingerOption(true, 0);
            return Task.CompletedTask;
        });
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        Assert.EndsWith("\r\n\r\ntoo large", await UploadAsync(proxy, length, false), StringComparison.Ordinal);

        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    [Fact]
    public async Task A_reset_without_an_answer_is_one()
    {
        await using var upstream = Answering("", static (socket, _) =>
        {
            socket.LingerState = new LingerOption(true, 0);
            return Task.CompletedTask;
        });
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        Assert.StartsWith("HTTP/1.1 502 ", await UploadAsync(proxy, Large, false), StringComparison.Ordinal);

        await OnlyCountedAsync(proxy, Outcome.Reset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_pauses_in_its_body_is_not_waited_for(bool isChunked)
    {
        await using var upstream = Answering(TooLarge, Ignoring);
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));
        using var socket = await proxy.ConnectAsync();

        await socket.SendAsync(Encoding.Latin1.GetBytes(
            "POST / HTTP/1.1\r\nHost: a\r\n"
            + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n" : "Content-Length: 1000\r\n\r\nabcde")));

        Assert.Contains("too large", await WithGraceAsync(ReadAsync(socket, IsAnswered)), StringComparison.Ordinal);
        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    [Fact]
    public async Task A_client_of_http2_gets_it_too()
    {
        await using var upstream = Answering(TooLarge, Ignoring);
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));
        using var request = Request(HttpMethod.Post, "/", version: HttpVersion.Version20);
        request.Content = new ByteArrayContent(new byte[Large]);

        using var response = await WithGraceAsync(proxy.Client.SendAsync(request));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("too large", await response.Content.ReadAsStringAsync());
        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    /// <summary>On a connection that was used before, the client library itself has a read under way.</summary>
    [Fact]
    public async Task A_connection_that_was_used_before_relays_it_and_is_not_used_again()
    {
        await using var upstream = Answering(TooLarge, Ignoring);
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("ok", await proxy.Client.GetStringAsync("/"));
            Assert.Contains("too large", await UploadAsync(proxy, Large, round == 1), StringComparison.Ordinal);
        }

        Assert.Equal("ok", await proxy.Client.GetStringAsync("/"));
        Assert.All(upstream.Heads, head => Assert.Matches("^(GET|POST) / HTTP/1.1\r\n", head));
        Assert.Equal(7, upstream.Heads.Count);
    }

    [Fact]
    public async Task An_upstream_that_answers_early_and_reads_on_gets_the_whole_body()
    {
        var received = new TaskCompletionSource<string>();
        await using var upstream = Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", async (socket, stop) =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[16 * 1024];
            for (var left = Large; left > 0;)
            {
                var read = await socket.ReceiveAsync(buffer, stop);
                if (read == 0) break;
                hash.AppendData(buffer.AsSpan(0, read));
                left -= read;
            }

            received.SetResult(Convert.ToHexString(hash.GetHashAndReset()));
            await socket.SendAsync("9\r\ntoo large\r\n0\r\n\r\n"u8.ToArray(), stop);
        });
        await using var proxy = await ServeAsync(Spec(("v1", [upstream.Address])));

        var answer = await UploadAsync(proxy, Large, false, hasGrace: false);

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(Body(Large))), await received.Task);
        await OnlyCountedAsync(proxy, Outcome.Success);
    }

    [Theory]
    [InlineData(Small + 1, true, false)]
    [InlineData(Small + 1, false, false)]
    [InlineData(Large, true, false)]
    [InlineData(Large, false, false)]
    [InlineData(Large, true, true)]
    [InlineData(Large, false, true)]
    public async Task An_upstream_of_http2_that_refuses_is_relayed_too(int length, bool hasBody, bool isReset)
    {
        await using var upstream = new RawUpstream((socket, stop) => RefuseOnHttp2Async(socket, hasBody, isReset, stop));
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await ServeAsync(spec.WithProxy(p => p with { Protocol = UpstreamProtocol.H2c }));

        var answer = await UploadAsync(proxy, length, false);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith(hasBody ? "\r\n\r\ntoo large" : "\r\n\r\n", answer, StringComparison.Ordinal);
        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    [Fact]
    public async Task An_upstream_of_TLS_that_refuses_is_relayed_too()
    {
        using var authority = new Authority();
        using var certificate = authority.Issue("127.0.0.1");
        await using var upstream = new RawUpstream((socket, stop) => RefuseOverTlsAsync(socket, certificate, stop));
        var spec = Spec(("v1", [new UriBuilder(upstream.Address) { Scheme = "https" }.Uri]));
        var settings = spec.Embedded.Proxy with { UpstreamTls = new UpstreamTls { Authorities = authority.File } };
        await using var proxy = await ServeAsync(spec.WithProxy(settings));

        Assert.EndsWith("\r\n\r\ntoo large", await UploadAsync(proxy, Large, false), StringComparison.Ordinal);

        await OnlyCountedAsync(proxy, Outcome.ClientError);
    }

    /// <summary>What is no answer yet is bounded by the attempt's time.</summary>
    [Fact]
    public async Task A_part_of_a_status_line_ends_with_the_attempt()
    {
        await using var upstream = Answering("HTTP/1.1 413 Payl", Ignoring);
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await ServeAsync(spec);
        using var socket = await proxy.ConnectAsync();
        _ = SendAsync(socket, Large, false);
        var answer = ReadAsync(socket, static text => text.Contains("\r\n\r\n", StringComparison.Ordinal));

        await Eventually.TrueAsync(
            () =>
            {
                if (!upstream.Heads.IsEmpty) clock.Advance(TimeSpan.FromSeconds(1));
                return answer.IsCompleted;
            },
            "the attempt ends");

        Assert.StartsWith("HTTP/1.1 504 ", await answer, StringComparison.Ordinal);
        await OnlyCountedAsync(proxy, Outcome.Deadline);
    }

    private static Task Ignoring(Socket socket, CancellationToken stop) => Hang.UntilAsync(stop);

    /// <summary>Answers each GET, and says this to the head of everything else.</summary>
    private static Recording Answering(string says, Afterwards afterwards) => new(says, afterwards);

    private async Task<ProxyUnderTest> ServeAsync(ServiceSpec spec)
    {
        var proxy = await StartAsync(spec, clock);
        // What the proxy does each second is due at other times than a grace.
        clock.Advance(TimeSpan.FromMilliseconds(7));
        return proxy;
    }

    private async Task<string> UploadAsync(ProxyUnderTest proxy, int length, bool isChunked, bool hasGrace = true)
    {
        using var socket = await proxy.ConnectAsync();
        var sending = SendAsync(socket, length, isChunked);
        var reading = ReadAsync(socket, IsAnswered);
        var answer = hasGrace ? await WithGraceAsync(reading) : await reading;
        socket.Close();
        await sending;
        return answer;
    }

    private static async Task SendAsync(Socket socket, int length, bool isChunked)
    {
        try
        {
            var head = "POST / HTTP/1.1\r\nHost: a\r\n"
                + (isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n" : $"Content-Length: {length}\r\n\r\n");
            await socket.SendAsync(Encoding.Latin1.GetBytes(head));
            ReadOnlyMemory<byte> left = Body(length);
            while (!left.IsEmpty) left = left[(await socket.SendAsync(left))..];
            if (isChunked) await socket.SendAsync("\r\n0\r\n\r\n"u8.ToArray());
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // It has its answer, and the connection is closed.
        }
    }

    private static byte[] Body(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Headers, and as much body as they announce.</summary>
    private static bool IsAnswered(string text)
    {
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0) return false;
        return text.StartsWith("HTTP/1.1 204", StringComparison.Ordinal) || text.StartsWith("HTTP/1.1 502", StringComparison.Ordinal)
            || text[..head].Contains("Content-Length: 0", StringComparison.OrdinalIgnoreCase)
            || text.Contains("too large", StringComparison.Ordinal);
    }

    /// <summary>Lets a grace go by when there is one, and no time else.</summary>
    private async Task<T> WithGraceAsync<T>(Task<T> answer)
    {
        var graces = 0;
        await Eventually.TrueAsync(
            () =>
            {
                if (clock.IsDueIn(CountedRequestBody.Grace))
                {
                    clock.Advance(CountedRequestBody.Grace);
                    graces++;
                }

                return answer.IsCompleted;
            },
            "the answer is there");
        Assert.InRange(graces, 0, 1);
        return await answer;
    }

    private static async Task OnlyCountedAsync(ProxyUnderTest proxy, Outcome outcome)
    {
        await proxy.CountedAsync(Arm.Stable, outcome);
        Assert.Equal(1, (await proxy.CountsOfAsync(Arm.Stable)).ByOutcome.Sum());
    }

    private static async Task RefuseOverTlsAsync(Socket socket, X509Certificate2 certificate, CancellationToken stop)
    {
        await using var stream = new SslStream(new NetworkStream(socket));
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, stop);
            var (head, one) = ("", new byte[1]);
            while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one, stop) == 0) return;
                head += (char)one[0];
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes(TooLarge), stop);
        }
        catch (IOException)
        {
            // A probe has left.
            return;
        }

        await Hang.UntilAsync(stop);
    }

    private static async Task RefuseOnHttp2Async(Socket socket, bool hasBody, bool isReset, CancellationToken stop)
    {
        const byte data = 0, headers = 1, reset = 3, settings = 4, acknowledged = 1, endOfStream = 1, endOfHeaders = 4;
        await using var stream = new NetworkStream(socket);
        // A probe only connects.
        if (await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, stop) == 0) return;
        await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length], stop);
        await stream.WriteAsync(Frame(settings, 0, 0, []), stop);
        byte id;
        while (true)
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head, stop);
            await stream.ReadExactlyAsync(new byte[(head[0] << 16) + (head[1] << 8) + head[2]], stop);
            id = head[8];
            if (head[3] == settings && (head[4] & acknowledged) == 0) await stream.WriteAsync(Frame(settings, acknowledged, 0, []), stop);
            if (head[3] == headers) break;
        }

        // HPACK, without an index: :status 413 and content-length 9 (RFC 7541, appendix A: 8 and 28).
        byte[] status = [8, 3, .. "413"u8], length = [15, 13, 1, .. "9"u8];
        byte[] answer = hasBody
            ? [.. Frame(headers, endOfHeaders, id, [.. status, .. length]), .. Frame(data, endOfStream, id, "too large"u8)]
            : Frame(headers, endOfHeaders | endOfStream, id, status);
        await stream.WriteAsync(answer, stop);
        if (isReset) await stream.WriteAsync(Frame(reset, 0, id, [0, 0, 0, 0]), stop);
        await Hang.UntilAsync(stop);
    }

    private static byte[] Frame(byte type, byte flags, byte stream, ReadOnlySpan<byte> payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    private sealed class Recording : IAsyncDisposable
    {
        private readonly RawUpstream upstream;

        public Recording(string says, Afterwards afterwards) => upstream = new RawUpstream(async (socket, stop) =>
        {
            while (await HeadAsync(socket, stop) is { Length: > 0 } head)
            {
                Heads.Enqueue(head);
                var isGet = head.StartsWith("GET ", StringComparison.Ordinal);
                await socket.SendAsync(Encoding.Latin1.GetBytes(isGet ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : says), stop);
                if (isGet) continue;
                await afterwards(socket, stop);
                return;
            }
        });

        public Uri Address => upstream.Address;

        public ConcurrentQueue<string> Heads { get; } = new();

        public ValueTask DisposeAsync() => upstream.DisposeAsync();

        /// <summary>A byte at a time, so that nothing of the body is taken.</summary>
        private static async Task<string> HeadAsync(Socket socket, CancellationToken stop)
        {
            var (head, one) = (new StringBuilder(), new byte[1]);
            while (await socket.ReceiveAsync(one, stop) > 0)
            {
                head.Append((char)one[0]);
                if (one[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) return head.ToString();
            }

            return "";
        }
    }
}
