using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class ReloadTests
{
    [Fact]
    public async Task Loses_no_request_while_weights_versions_endpoints_and_listeners_change()
    {
        await using var one = await Upstream.StartAsync(name: "one");
        await using var two = await Upstream.StartAsync(name: "two");
        await using var three = await Upstream.StartAsync(name: "three");
        var spec = Spec(("v1", [one.Address]), ("v2", [two.Address]));
        await using var proxy = await StartAsync(spec);
        var address = proxy.Address;
        using var other = new HttpClient();
        var done = false;
        long sent = 0;
        var clients = Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 400 || !Volatile.Read(ref done); i++)
            {
                using var request = Request(
                    HttpMethod.Post, "/", $"user-{client}-{i}", client % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20);
                request.Content = new StringContent("body");
                using var response = await proxy.Client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Interlocked.Increment(ref sent);
            }
        })).ToArray();

        var extra = spec.At(new Listener("localhost", 0, null)).Matching(new RouteMatch(null, "/extra/**")) with { Service = "extra" };
        for (var round = 0; round < 10; round++)
        {
            await proxy.RollOutAsync(1000 * round, round / 3);
            await proxy.Server.ReloadAsync(
                [
                    round % 2 == 0
                        ? spec
                        : spec with { Versions = [
                            spec.Versions[0], new VersionSpec("v2", [three.Address, two.Address]), new VersionSpec("v3", [three.Address])
                        ] },
                    extra
                ],
                CancellationToken.None);
            using (var answer = await other.GetAsync(new Uri(proxy.Server.AddressOf(Keys.Of("extra")), "/extra/1")))
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await proxy.Server.ReloadAsync([spec], CancellationToken.None);
        }

        // The version that is stable now goes from the file, and then its service's other settings change.
        await proxy.BeIdleAsync("v2");
        await proxy.Server.ReloadAsync([Spec(("v3", [three.Address]))], CancellationToken.None);
        Volatile.Write(ref done, true);
        await Task.WhenAll(clients);

        Assert.Equal(address, proxy.Address);
        Assert.Equal(sent, one.Seen.Count(OfClients) + two.Seen.Count(OfClients) + three.Seen.Count(OfClients));

        static bool OfClients(SeenRequest request) => request.Target == "/";
    }

    /// <summary>Each time is a second of work for thousands of services.</summary>
    [Fact]
    public async Task The_forwarder_is_configured_once_where_nothing_goes_and_twice_where_a_version_does()
    {
        await using var upstream = await Upstream.StartAsync();
        var (one, two) = (Spec(("v1", [upstream.Address])), Spec(("v1", [upstream.Address]), ("v2", [upstream.Address])));
        await using var proxy = await StartAsync(one);
        Assert.Equal(1, proxy.Server.Configurations);
        await proxy.Server.ReloadAsync([two], CancellationToken.None);
        Assert.Equal(2, proxy.Server.Configurations);
        await proxy.Server.ReloadAsync([one], CancellationToken.None);
        Assert.Equal(4, proxy.Server.Configurations);
    }

    [Fact]
    public async Task A_port_in_use_is_named_and_changes_nothing()
    {
        await using var upstream = await Upstream.StartAsync();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec);
        var taken = spec.At(new Listener("127.0.0.1", port, null)) with { Service = "cart" };

        var fault = await Assert.ThrowsAsync<ListenException>(
            () => proxy.Server.ReloadAsync([spec.Matching(new RouteMatch("gone", null)), taken], CancellationToken.None));

        Assert.Equal(
            $"cart: cannot listen on http://127.0.0.1:{port}: the port is in use. Stop what holds it (ss -ltnp 'sport = :{port}'), or "
                + "change listen.", fault.Message);
        using var response = await proxy.Client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Throws<KeyNotFoundException>(() => proxy.Server.AddressOf(Keys.Of("cart")));
    }

    [Theory]
    [InlineData("203.0.113.1", "this machine does not have the address")]
    [InlineData("no-address", "no-address is not an address")]
    public async Task An_address_that_cannot_be_bound_says_why(string host, string expected)
    {
        await using var proxy = new ProxyUnderTest();
        var spec = Spec(("v1", [new Uri("http://127.0.0.1:1")])).At(new Listener(host, 1234, null));

        var fault = await Assert.ThrowsAsync<ListenException>(() => proxy.Server.StartAsync([spec], CancellationToken.None));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith($"checkout: cannot listen on http://{host}:1234: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_says_so()
    {
        await using var proxy = new ProxyUnderTest();
        var spec = Spec(("v1", [new Uri("http://127.0.0.1:1")])).At(
            new Listener("127.0.0.1", 0, new TlsFiles("/nowhere/cert.pem", "/nowhere/key.pem")));

        var fault = await Assert.ThrowsAsync<ListenException>(() => proxy.Server.StartAsync([spec], CancellationToken.None));

        Assert.StartsWith(
            "checkout: the certificate /nowhere/cert.pem with the key /nowhere/key.pem cannot be used: ", fault.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_removed_finishes_what_it_has_and_takes_no_more()
    {
        var (arrived, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var slow = await Upstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await go.Task;
            await context.Response.WriteAsync("late");
        });
        await using var upstream = await Upstream.StartAsync();
        var spec = Spec(("v1", [slow.Address]));
        await using var proxy = await StartAsync(spec);
        var request = proxy.Client.GetStringAsync("/");
        await arrived.Task;
        var address = proxy.Address;

        await proxy.Server.ReloadAsync(
            [spec.At(new Listener("127.0.0.1", FreePort.Take(), null)) with { Service = "other" }], CancellationToken.None);

        using var again = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => again.GetAsync(address));
        go.SetResult();
        Assert.Equal("late", await request);
    }

    [Fact]
    public async Task A_drain_lets_requests_finish_and_takes_no_more()
    {
        var (arrived, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await go.Task;
            await context.Response.WriteAsync("late");
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var address = proxy.Address;
        var request = proxy.Client.GetStringAsync("/");
        await arrived.Task;

        var draining = proxy.Server.DrainAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => IsRefused(address), "the listener is closed");
        go.SetResult();

        Assert.Equal("late", await request);
        await draining;
    }

    [Fact]
    public async Task A_drain_waits_its_delay_first_and_then_cuts_tunnels_and_hanging_requests()
    {
        var arrived = new TaskCompletionSource();
        await using var echo = await ProtocolTests.EchoAsync();
        await using var hanging = await Upstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await Hang.UntilAsync(context.RequestAborted);
        });
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var spec = Spec(("v1", [echo.Address])).WithProxy(new ProxySettings
        {
            DrainDelay = TimeSpan.FromSeconds(5),
            DrainMax = TimeSpan.FromSeconds(30),
            AttemptTimeout = TimeSpan.FromHours(1),
        });
        var second =
            spec.At(new Listener("localhost", 0, null)) with { Versions = [new VersionSpec("v1", [hanging.Address])], Service = "hanging" };
        await using var proxy = new ProxyUnderTest(clock);
        await proxy.Server.StartAsync([spec, second], CancellationToken.None);
        var address = proxy.Address;
        using var socket = await ProtocolTests.WebSocketAsync(proxy);
        using var client = new HttpClient();
        var request = client.GetAsync(proxy.Server.AddressOf(Keys.Of("hanging")));
        await arrived.Task;

        var draining = proxy.Server.DrainAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(IsRefused(address));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await Eventually.TrueAsync(() => IsRefused(address), "the listener is closed");
        Assert.Equal(WebSocketState.Open, socket.State);
        Assert.False(request.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(30));

        await draining;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[10], CancellationToken.None));
        await Assert.ThrowsAsync<HttpRequestException>(() => request);
    }

    [Fact]
    public async Task A_candidates_tunnels_are_closed_once_it_was_off_for_the_drains_time_and_stables_stay()
    {
        await using var echo = await ProtocolTests.EchoAsync();
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var spec = Spec(("v1", [echo.Address]), ("v2", [echo.Address])).WithProxy(
            new ProxySettings { DrainMax = TimeSpan.FromSeconds(30) });
        await using var proxy = new ProxyUnderTest(clock);
        await proxy.Server.StartAsync([spec], CancellationToken.None);
        await proxy.RollOutAsync(0);
        using var stable = await ProtocolTests.WebSocketAsync(proxy);
        await proxy.RollOutAsync(10_000);
        using var candidate = await ProtocolTests.WebSocketAsync(proxy);
        // A client is told of its tunnel before the tunnel is counted.
        await Eventually.TrueAsync(() => proxy.Server.OpenTunnels == 2, "both tunnels are open");
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(2, proxy.Server.OpenTunnels);

        await proxy.BeIdleAsync();
        // The drain's time is time that passes: a clock that is set moves it neither way.
        clock.Advance(TimeSpan.FromSeconds(10));
        clock.Set(TimeSpan.FromDays(1));
        clock.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal((WebSocketState.Open, 2), (candidate.State, proxy.Server.OpenTunnels));
        clock.Set(TimeSpan.FromHours(-25));
        clock.Advance(TimeSpan.FromSeconds(3));

        await Assert.ThrowsAsync<WebSocketException>(() => candidate.ReceiveAsync(new byte[10], CancellationToken.None));
        await Eventually.TrueAsync(() => proxy.Server.OpenTunnels == 1, "only stable's tunnel is left");
    }

    [Fact]
    public async Task Serves_with_completions_on_the_sockets_threads_as_well()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = new ProxyUnderTest(scheduling: Scheduling.Inline);
        await proxy.Server.StartAsync([Spec(("v1", [upstream.Address]))], CancellationToken.None);

        using var response = await proxy.Client.GetAsync(proxy.Address);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static bool IsRefused(Uri address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
