using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Upstreams;

public sealed class ConnectRetryTests
{
    /// <summary>No probe follows the first one, so that endpoints stay unknown.</summary>
    private readonly ManualClock clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task A_request_that_finds_nobody_goes_to_another_endpoint_whole_and_is_counted_once()
    {
        var bodies = 0;
        await using var good = await Upstream.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            if (await body.ReadToEndAsync() == "the body") Interlocked.Increment(ref bodies);
        });
        await using var proxy = await StartAsync(Spec(("v1", [good.Address, FreePort.Address()])), clock);

        for (var i = 0; i < 30; i++)
        {
            using var response = await proxy.Client.PostAsync("/", new StringContent("the body"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal((30, 30), (bodies, good.Seen.Count));
        await proxy.CountedAsync(Arm.Stable, Outcome.Success, 30);
        var counts = await proxy.CountsOfAsync(Arm.Stable);
        Assert.Equal((30, 30, 0), (counts.Started, counts.Ended, counts.Failures));
        Assert.InRange(Retries(proxy), 1, 29);
    }

    [Fact]
    public async Task The_endpoint_that_was_not_there_is_taken_out_as_if_nothing_had_been_retried()
    {
        await using var good = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Spec(("v1", [good.Address, FreePort.Address()])), clock);

        for (var i = 0; i < 100; i++) await proxy.Client.GetStringAsync("/");
        var before = Retries(proxy);
        for (var i = 0; i < 20; i++) await proxy.Client.GetStringAsync("/");

        Assert.InRange(before, 1, 99);
        Assert.Equal(before, Retries(proxy));
    }

    [Fact]
    public async Task Where_nobody_is_at_all_a_request_fails_once_after_two_attempts()
    {
        await using var proxy = await StartAsync(Spec(("v1", [FreePort.Address(), FreePort.Address(), FreePort.Address()])), clock);

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
        Assert.Equal((1, 1), ((await proxy.CountsOfAsync(Arm.Stable)).Started, Retries(proxy)));
    }

    [Fact]
    public async Task A_single_endpoint_is_tried_once()
    {
        await using var proxy = await StartAsync(Spec(("v1", [FreePort.Address()])), clock);

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
        Assert.Equal(0, Retries(proxy));
    }

    [Fact]
    public async Task A_connection_that_does_not_come_in_time_is_tried_elsewhere_too()
    {
        await using var good = await Upstream.StartAsync();
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        var port = ((IPEndPoint)full.LocalEndPoint!).Port;
        // Nobody accepts them: once there are enough, the system answers no more.
        using var waiting = new Waiting();
        await waiting.FillAsync(port);
        var spec = Spec(("v1", [good.Address, new Uri($"http://127.0.0.1:{port}")]));
        spec = spec.WithProxy(p => p with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        await using var proxy = await StartAsync(spec, clock);

        for (var i = 0; i < 8; i++) await proxy.Client.GetStringAsync("/");

        await proxy.CountedAsync(Arm.Stable, Outcome.Success, 8);
        Assert.Equal(8, good.Seen.Count);
    }

    [Fact]
    public async Task A_request_that_reached_an_upstream_is_never_sent_again()
    {
        await using var good = await Upstream.StartAsync();
        await using var resetting = RawUpstream.Resetting();
        await using var proxy = await StartAsync(Spec(("v1", [good.Address, resetting.Address])), clock);
        var failed = 0;

        for (var i = 0; i < 8; i++)
            using (var response = await proxy.Client.PostAsync("/", new StringContent("x")))
                if (response.StatusCode == HttpStatusCode.BadGateway) failed++;

        Assert.Equal((8 - failed, 0), (good.Seen.Count, Retries(proxy)));
        await proxy.CountedAsync(Arm.Stable, Outcome.Reset, failed);
    }

    [Fact]
    public async Task A_request_whose_kept_connection_breaks_while_nobody_listens_any_more_is_not_sent_elsewhere()
    {
        // The client library opens another connection for it, and finds nobody: but the request was on the first one.
        await using var good = await Upstream.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = "";
        var serving = ServeAsync();
        var leaving = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var proxy = await StartAsync(Spec(("v1", [good.Address, leaving])), clock);

        for (var i = 0; i < 200 && taken.Length == 0; i++)
        {
            using var response = await proxy.Client.GetAsync($"/{i}");
            Assert.Equal(taken.Length == 0 ? HttpStatusCode.OK : HttpStatusCode.BadGateway, response.StatusCode);
        }

        await serving;
        Assert.NotEmpty(taken);
        Assert.DoesNotContain(good.Seen, seen => seen.Target == taken);
        Assert.Equal(0, Retries(proxy));

        async Task ServeAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync();
                // A probe says nothing.
                if (await socket.ReceiveAsync(buffer) == 0) continue;
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                var read = await socket.ReceiveAsync(buffer);
                listener.Stop();
                Volatile.Write(ref taken, Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[1]);
                return;
            }
        }
    }

    [Fact]
    public async Task Both_attempts_together_have_the_time_of_one()
    {
        await using var hanging = RawUpstream.Hanging();
        var spec = Spec(("v1", [hanging.Address, FreePort.Address()]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { AttemptTimeout = TimeSpan.FromMilliseconds(300) }));

        for (var i = 0; i < 6; i++)
            using (var response = await proxy.Client.GetAsync("/")) Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);

        await proxy.CountedAsync(Arm.Stable, Outcome.Deadline, 6);
        Assert.Equal(6, (await proxy.CountsOfAsync(Arm.Stable)).Started);
    }

    [Fact]
    public async Task A_streamed_answer_of_the_second_attempt_reaches_the_client_as_it_comes()
    {
        var rest = new TaskCompletionSource();
        await using var good = await Upstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("a");
            await context.Response.Body.FlushAsync();
            await rest.Task;
            await context.Response.WriteAsync("b");
        });
        await using var proxy = await StartAsync(Spec(("v1", [good.Address, FreePort.Address()])), clock);
        var answers = new List<HttpResponseMessage>();
        await Eventually.TrueAsync(
            async () =>
            {
                answers.Add(await proxy.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead));
                return Retries(proxy) > 0;
            },
            "a request needed a second attempt");

        rest.SetResult();

        foreach (var answer in answers)
        {
            Assert.Equal("ab", await answer.Content.ReadAsStringAsync());
            answer.Dispose();
        }

        await proxy.CountedAsync(Arm.Stable, Outcome.Success, answers.Count);
    }

    private static long Retries(ProxyUnderTest proxy) => Assert.Single(proxy.Router.Totals()).StableConnectRetries;

    private sealed class Waiting : IDisposable
    {
        private readonly List<Socket> sockets = [];

        public async Task FillAsync(int port)
        {
            while (sockets.Count < 64)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }

        public void Dispose()
        {
            foreach (var socket in sockets) socket.Dispose();
        }
    }
}
