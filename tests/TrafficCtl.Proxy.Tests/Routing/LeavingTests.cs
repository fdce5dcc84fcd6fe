using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>A client that leaves says something of the version exactly when the version was what it waited for.</summary>
public sealed class LeavingTests
{
    [Theory]
    [InlineData("1.1", "GET")]
    [InlineData("1.1", "POST")]
    [InlineData("2.0", "GET")]
    [InlineData("2.0", "POST")]
    public async Task While_the_answer_has_not_begun_it_is_a_wait_that_was_abandoned(string version, string method)
    {
        await using var upstream = await Stage.StartAsync(async (_, body) => await body.ReadToEndAsync());
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        await LeaveAsync(proxy, upstream, version, method == "GET" ? null : new StringContent("all of it"));

        var counts = await CountedAsync(proxy);
        Assert.Equal((1, 0), (counts.AbandonedTotal, counts.Latency.Sum()));
        Assert.Equal((0, 0), (counts.Requests, counts.Late));
    }

    [Fact]
    public async Task While_the_version_does_not_accept_the_connection_it_is_a_wait_that_was_abandoned()
    {
        // A backlog that is full: connecting takes until somebody gives up.
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");
        var fillers = await FillAsync(listener);
        var spec = Spec(("v1", [address]));
        var patient = spec.Embedded.Proxy with { ConnectTimeout = TimeSpan.FromSeconds(60), AttemptTimeout = TimeSpan.FromSeconds(60) };
        await using var proxy = await StartAsync(spec.WithProxy(patient));

        using (var socket = await proxy.ConnectAsync())
        {
            await socket.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"u8.ToArray());
            await Eventually.TrueAsync(
                () => proxy.CountsOfAsync(Arm.Stable).GetAwaiter().GetResult().InFlight == 1, "the request is on its way");
        }

        Assert.Equal(1, (await CountedAsync(proxy)).AbandonedTotal);
        foreach (var filler in fillers) filler.Dispose();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task While_the_client_owes_a_part_of_its_body_it_says_nothing(string version)
    {
        // The first part has come through, and the proxy waits for the next one.
        await using var upstream = await Stage.StartAsync(async (_, body) => Assert.Equal(1, await body.ReadAsync(new char[1])));
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        await LeaveAsync(proxy, upstream, version, new Unfinished());

        Same(0, 0, await CountedAsync(proxy));
    }

    [Theory]
    [InlineData("1.1", false, 2, 1)]
    [InlineData("1.1", true, 2, 1)]
    [InlineData("2.0", false, 2, 1)]
    [InlineData("2.0", true, 2, 1)]
    [InlineData("1.1", false, 0, 0)]
    [InlineData("2.0", true, 0, 0)]
    public async Task In_the_middle_of_an_answer_that_stopped_it_took_at_least_so_long(
        string version, bool isAnnounced, int seconds, int counted)
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        await using var quick = await Upstream.StartAsync();
        await using var stopping = await Stage.StartAsync(async (context, _) =>
        {
            if (isAnnounced) context.Response.ContentLength = 100;
            await context.Response.WriteAsync("a part");
            await context.Response.Body.FlushAsync();
        });
        await using var proxy = await StartAsync(Spec(("v1", [quick.Address]), ("v2", [stopping.Address])), clock);
        await LearnUsualAsync(proxy);
        await proxy.RollOutAsync(10_000);

        await LeaveAsync(proxy, stopping, version, null, begun: "a part", meanwhile: () =>
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            return Task.CompletedTask;
        });

        await proxy.CountedAsync(Arm.Candidate, Outcome.ClientAbort);
        await proxy.CountsAsync(Arm.Candidate, c => c.Latency.Sum() == counted, "its time is counted last");
        var counts = await proxy.CountsOfAsync(Arm.Candidate);
        Same(0, counted, counts);
        Assert.Equal((counted, counted), (counts.Late, counts.Latency[LatencyBuckets.IndexOf(2)]));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/grpc")]
    public async Task A_stream_ends_when_its_client_has_enough(string type)
    {
        await using var upstream = await Stage.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync("an event");
            await context.Response.Body.FlushAsync();
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        await LeaveAsync(proxy, upstream, "2.0", null, begun: "an event");

        Same(0, 0, await CountedAsync(proxy));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_is_slow_to_read_says_nothing(bool isAnnounced)
    {
        var stalled = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            var block = new byte[64 * 1024];
            if (isAnnounced) context.Response.ContentLength = 1L << 30;
            context.Features.Get<IHttpMinResponseDataRateFeature>()!.MinDataRate = null;
            for (var sent = 0L; sent < 1L << 30; sent += block.Length)
            {
                var writing = context.Response.Body.WriteAsync(block).AsTask();
#pragma warning disable RS0030 // That the sockets' buffers are full shows only in that a write does not end.
                if (sent > 1 << 20 && await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1))) != writing) stalled.TrySetResult();
#pragma warning restore RS0030
                await writing;
            }
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using (var socket = await proxy.ConnectAsync())
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
            await stalled.Task.WaitAsync(TimeSpan.FromSeconds(30));
            socket.LingerState = new LingerOption(true, 0);
        }

        Same(0, 0, await CountedAsync(proxy));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    public async Task Who_leaves_later_than_stable_usually_answers_leaves_late_and_three_times_at_most_counts(int times, int counted)
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        await using var quick = await Upstream.StartAsync();
        await using var hanging = await Stage.StartAsync((_, _) => Task.CompletedTask);
        await using var proxy = await StartAsync(Spec(("v1", [quick.Address]), ("v2", [hanging.Address])), clock);
        await LearnUsualAsync(proxy);
        await proxy.RollOutAsync(10_000);

        // All of them wait before the first one leaves: three failures would let the breaker send the next ones to stable.
        var (waiting, allWait) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAll(Enumerable.Range(0, times).Select(_ => LeaveAsync(proxy, hanging, "1.1", null, user: "ann", meanwhile: () =>
        {
            if (Interlocked.Increment(ref waiting) < times) return allWait.Task;
            clock.Advance(TimeSpan.FromSeconds(2));
            allWait.SetResult();
            return Task.CompletedTask;
        })));

        await proxy.CountedAsync(Arm.Candidate, Outcome.ClientAbort, times);
        await proxy.CountsAsync(
            Arm.Candidate, c => c.AbandonedTotal + (c.SurplusAbandoned?.Sum() ?? 0) == times, "their time is counted last");
        var counts = await proxy.CountsOfAsync(Arm.Candidate);
        Assert.Equal((counted, times, counted), (counts.AbandonedTotal, counts.Late, counts.CappedLate));
        Assert.Equal(counted, counts.Abandoned![LatencyBuckets.IndexOf(2)]);
    }

    /// <summary>So many answers of stable that its usual time is known when a rollout begins.</summary>
    private static async Task LearnUsualAsync(ProxyUnderTest proxy)
    {
        for (var i = 0; i < UsualTime.LeastAnswers; i++) await proxy.Client.GetStringAsync("/");
        // A client may have its answer before that is counted.
        await proxy.CountedAsync(Arm.Stable, Outcome.Success, UsualTime.LeastAnswers);
    }

    private static async Task LeaveAsync(
        ProxyUnderTest proxy, Stage upstream, string version, HttpContent? body, string begun = "", string? user = null,
        Func<Task>? meanwhile = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = proxy.Address };
        using var leaving = new CancellationTokenSource();
        using var request = Request(body is null ? HttpMethod.Get : HttpMethod.Post, "/", user, new Version(version));
        request.Content = body;
        var asking = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        if (begun.Length > 0)
        {
            using var response = await asking;
            var stream = await response.Content.ReadAsStreamAsync(leaving.Token);
            var part = new byte[begun.Length];
            await stream.ReadExactlyAsync(part, leaving.Token);
            Assert.Equal(begun, Encoding.ASCII.GetString(part));
            if (meanwhile is not null) await meanwhile();
            return;
        }

        await upstream.ArrivedAsync();
        if (meanwhile is not null) await meanwhile();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    private static async Task<Counts> CountedAsync(ProxyUnderTest proxy)
    {
        await proxy.CountedAsync(Arm.Stable, Outcome.ClientAbort);
        return await proxy.CountsOfAsync(Arm.Stable);
    }

    private static void Same(long abandoned, long timed, Counts counts) =>
        Assert.Equal((abandoned, timed, 0), (counts.AbandonedTotal, counts.Latency.Sum(), counts.Requests));

    /// <summary>Connections until the kernel takes no more of them.</summary>
    private static async Task<List<Socket>> FillAsync(Socket listener)
    {
        var fillers = new List<Socket>();
        while (true)
        {
            var filler = new Socket(SocketType.Stream, ProtocolType.Tcp);
            fillers.Add(filler);
            using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            try
            {
                await filler.ConnectAsync(listener.LocalEndPoint!, late.Token);
            }
            catch (OperationCanceledException)
            {
                return fillers;
            }
        }
    }

    /// <summary>An upstream that reads and answers as told, and then hangs until it is cancelled.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly SemaphoreSlim arrived;
        private readonly Upstream upstream;

        private Stage(SemaphoreSlim arrived, Upstream upstream) => (this.arrived, this.upstream) = (arrived, upstream);

        public static async Task<Stage> StartAsync(Func<HttpContext, StreamReader, Task> act)
        {
            var met = new SemaphoreSlim(0);
            return new Stage(met, await Upstream.StartAsync(async context =>
            {
                using var body = new StreamReader(context.Request.Body);
                await act(context, body);
                met.Release();
                await Hang.UntilAsync(context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            }));
        }

        public Uri Address => upstream.Address;

        public async Task ArrivedAsync() => Assert.True(await arrived.WaitAsync(TimeSpan.FromMinutes(2)), "a request has come");

        public async ValueTask DisposeAsync()
        {
            await upstream.DisposeAsync();
            arrived.Dispose();
        }
    }

    /// <summary>A body that begins, and never ends.</summary>
    private sealed class Unfinished : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            // More than the proxy's connection to the upstream keeps back.
            await stream.WriteAsync(new byte[64 * 1024], cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Hang.UntilAsync(cancellationToken);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
