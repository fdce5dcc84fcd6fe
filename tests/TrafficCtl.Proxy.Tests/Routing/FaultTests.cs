using System.Net;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class FaultTests
{
    [Fact]
    public async Task An_upstream_that_refuses_connections_is_a_connect_failure()
    {
        await using var proxy = await StartAsync(("v1", [FreePort.Address()]));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
    }

    [Fact]
    public async Task An_upstream_that_hangs_meets_the_deadline()
    {
        await using var upstream = RawUpstream.Hanging();
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { AttemptTimeout = TimeSpan.FromMilliseconds(200) }));

        using var response = await proxy.Client.GetAsync("/");
        using var posted = await proxy.Client.PostAsync("/", new StringContent("body"));

        Assert.Equal((HttpStatusCode.GatewayTimeout, HttpStatusCode.GatewayTimeout), (response.StatusCode, posted.StatusCode));
        await proxy.CountedAsync(Arm.Stable, Outcome.Deadline, 2);
        Assert.Equal(2, (await proxy.CountsOfAsync(Arm.Stable)).Latency[LatencyBuckets.Overflow]);
    }

    [Fact]
    public async Task A_client_that_stops_in_the_middle_of_its_body_has_the_idle_time_and_blames_nobody()
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null));
        var spec = Spec(("v1", [upstream.Address]));
        var settings = spec.Embedded.Proxy with { IdleTimeout = TimeSpan.FromSeconds(2) };
        await using var proxy = await StartAsync(spec.WithProxy(settings));

        await proxy.RawAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabcde", t => t.Contains("\r\n\r\n", StringComparison.Ordinal));

        await proxy.CountedAsync(Arm.Stable, Outcome.ClientAbort);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Stable)).Requests);
    }

    [Fact]
    public async Task A_slow_body_after_the_headers_is_not_held_to_the_deadline()
    {
        var (timer, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("a");
            await context.Response.Body.FlushAsync();
            await timer.Task;
            await context.Response.WriteAsync("b");
        });
        await using var hanging = new RawUpstream(async (socket, stop) =>
        {
            if (await socket.ReceiveAsync(new byte[4096], stop) > 0) arrived.TrySetResult();
            await Hang.UntilAsync(stop);
        });
        var spec = Spec(("v1", [upstream.Address]), ("v2", [hanging.Address]));
        await using var proxy = await StartAsync(spec, clock);

        using var response = await proxy.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        // Another request's deadline passes meanwhile.
        await proxy.RollOutAsync(10_000);
        var other = proxy.Client.GetAsync("/");
        await arrived.Task;
        clock.Advance(spec.Embedded.Proxy.AttemptTimeout);
        using (await other) timer.SetResult();

        Assert.Equal("ab", await response.Content.ReadAsStringAsync());
        await proxy.CountedAsync(Arm.Candidate, Outcome.Deadline);
    }

    [Fact]
    public async Task An_upstream_that_falls_silent_in_the_body_meets_the_idle_time()
    {
        await using var silent = new RawUpstream(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"u8.ToArray(), stop);
            await Hang.UntilAsync(stop);
        });
        var spec = Spec(("v1", [silent.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { IdleTimeout = TimeSpan.FromMilliseconds(300) }));

        await Assert.ThrowsAsync<HttpRequestException>(() => proxy.Client.GetStringAsync("/"));

        await proxy.CountedAsync(Arm.Stable, Outcome.Deadline);
    }

    [Fact]
    public async Task An_upstream_that_resets_is_a_reset()
    {
        await using var upstream = RawUpstream.Resetting();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var response = await proxy.Client.PostAsync("/", new StringContent("body"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.Reset);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 banana\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n")]
    public async Task An_upstream_that_answers_garbage_is_an_invalid_response(string garbage)
    {
        await using var upstream = RawUpstream.Answering(garbage);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.InvalidResponse);
    }

    [Fact]
    public async Task A_truncated_body_is_a_reset_and_the_client_can_tell()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        await Assert.ThrowsAsync<HttpRequestException>(() => proxy.Client.GetStringAsync("/"));

        await proxy.CountedAsync(Arm.Stable, Outcome.Reset);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_leaves_cancels_the_upstream_and_blames_nobody(string version)
    {
        var arrived = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            arrived.SetResult();
            using var gone = context.RequestAborted.Register(cancelled.SetResult);
            await cancelled.Task;
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var leave = new CancellationTokenSource();

        using var request = Request(HttpMethod.Get, "/", version: Version.Parse(version));
        var sending = proxy.Client.SendAsync(request, leave.Token);
        await arrived.Task;
        await leave.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => sending);
        await cancelled.Task;
        await proxy.CountedAsync(Arm.Stable, Outcome.ClientAbort);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Stable)).Requests);
    }

    [Fact]
    public async Task A_status_of_the_upstreams_fault_is_counted_as_one_and_passed_on()
    {
        await using var upstream = await Upstream.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/mine" ? 503 : 404;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var mine = await proxy.Client.GetAsync("/mine");
        using var yours = await proxy.Client.GetAsync("/yours");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.NotFound), (mine.StatusCode, yours.StatusCode));
        await proxy.CountedAsync(Arm.Stable, Outcome.ServerError);
        await proxy.CountedAsync(Arm.Stable, Outcome.ClientError);
    }
}
