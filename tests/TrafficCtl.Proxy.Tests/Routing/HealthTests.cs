using System.Net;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Health;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class HealthTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void An_endpoint_lives_from_its_first_good_probe_and_dies_at_the_second_bad_one_in_a_row()
    {
        var version = new VersionHealth(clock);
        Uri one = new("http://one"), two = new("http://two");
        version.Track([one, two]);
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((2, 0, 0, (TimeSpan?)TimeSpan.FromSeconds(3)), Read());

        Assert.Null(version.Note(one, isGood: false));
        Assert.False(version.Note(one, isGood: false));
        Assert.True(version.Note(one, isGood: true));
        Assert.Equal((2, 1, 1, null), Read());

        Assert.True(version.Note(one, isGood: false));
        Assert.Equal((2, 1, 1, null), Read());
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.False(version.Note(one, isGood: false));
        Assert.Equal((2, 0, 1, (TimeSpan?)TimeSpan.Zero), Read());

        // A clock that is set makes nothing gone for longer.
        clock.Set(TimeSpan.FromDays(1));
        clock.Advance(TimeSpan.FromSeconds(7));
        version.Track([two]);
        Assert.Equal((1, 0, 0, (TimeSpan?)TimeSpan.FromSeconds(7)), Read());

        (int, int, int, TimeSpan?) Read()
        {
            var health = version.Read();
            return (health.Endpoints, health.Live, health.Probed, health.GoneFor);
        }
    }

    /// <summary>The upstream answers none before all that may be under way are; then every endpoint has its turn.</summary>
    [Fact]
    public async Task So_many_probes_are_under_way_and_the_others_wait_for_their_turn()
    {
        const int services = Prober.MostAtOnce + 100;
        var (underWay, most, open) = (0, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var upstream = await Upstream.StartAsync(async _ =>
        {
            var now = Interlocked.Increment(ref underWay);
            for (var seen = Volatile.Read(ref most); seen < now; seen = Volatile.Read(ref most))
                Interlocked.CompareExchange(ref most, now, seen);
            await open.Task;
            Interlocked.Decrement(ref underWay);
        });
        var spec = Spec(("v1", [upstream.Address])).WithProxy(static p => p with
        {
            Health = new HealthSettings("/ready", TimeSpan.FromDays(1), TimeSpan.FromMinutes(5)),
        });
        await using var proxy = await StartAsync(spec);
        var others = Enumerable.Range(1, services - 1)
            .Select(i => spec.Matching(new RouteMatch($"s{i}", null)) with { Service = $"s{i}" });
        ServiceSpec[] all = [spec, .. others];
        await proxy.Server.ReloadAsync([.. all], CancellationToken.None);

        await Eventually.TrueAsync(() => Volatile.Read(ref most) >= Prober.MostAtOnce, "as many probes as may be are under way");
        open.SetResult();
        await Eventually.TrueAsync(() => all.All(s => proxy.Health.HealthOf(s.Key, "v1").Live == 1), "every endpoint was asked");
        Assert.Equal(Prober.MostAtOnce, most);
    }

    [Fact]
    public async Task Probes_by_a_connection_where_no_path_is_given()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [upstream.Address]), ("v2", [FreePort.Address()]));

        await proxy.LiveAsync("v1");

        Assert.Equal((1, 0, 0), (
            proxy.Health.HealthOf(Keys.Of(Service), "v2").Endpoints, proxy.Health.HealthOf(Keys.Of(Service), "v2").Live,
            proxy.Health.HealthOf(Keys.Of(Service), "v2").Probed));
        Assert.NotNull(proxy.Health.HealthOf(Keys.Of(Service), "v2").GoneFor);
        Assert.Empty(upstream.Seen);
        Assert.Equal(default, proxy.Health.HealthOf(Keys.Of(Service), "v9"));
    }

    [Fact]
    public async Task Probes_by_a_path_and_believes_only_a_good_answer()
    {
        var isReady = false;
        await using var upstream = await Upstream.StartAsync(context =>
        {
            context.Response.StatusCode = Volatile.Read(ref isReady) ? 204 : 503;
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(Probed(("v1", [upstream.Address])));

        await Eventually.TrueAsync(() => upstream.Seen.Count >= 2, "two probes");
        Assert.Equal(0, proxy.Health.HealthOf(Keys.Of(Service), "v1").Probed);
        Volatile.Write(ref isReady, true);

        await proxy.LiveAsync("v1");
        Assert.Equal(
            ("GET", "/ready", "trafficctl-probe"), (upstream.Last.Method, upstream.Last.Target, upstream.Last.Header("User-Agent")));
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Stable)).Requests);
    }

    [Fact]
    public async Task Sends_a_dead_candidates_requests_to_stable_and_counts_them_as_the_candidates_failures()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        var v2 = await Upstream.StartAsync(name: "v2");
        await using var proxy = await StartAsync(Probed(("v1", [v1.Address]), ("v2", [v2.Address])));
        await proxy.LiveAsync("v1");
        await proxy.LiveAsync("v2");
        await proxy.RollOutAsync(10_000);
        Assert.Equal("v2", await proxy.Client.GetStringAsync("/"));

        await v2.DisposeAsync();
        await proxy.LiveAsync("v2", endpoints: 0);
        var before = await proxy.CountsOfAsync(Arm.Stable);
        // The book knows a moment before the forwarder does.
        await Eventually.TrueAsync(() => Get() == (HttpStatusCode.OK, "v1"), "stable answers");

        Assert.Equal("stable", v1.Last.Header("x-tc-arm"));
        await proxy.CountedAsync(Arm.Candidate, Outcome.Spill);
        Assert.Equal(before.Started, (await proxy.CountsOfAsync(Arm.Stable)).Started);

        (HttpStatusCode, string) Get()
        {
            using var response = proxy.Client.GetAsync("/").GetAwaiter().GetResult();
            return (response.StatusCode, response.Content.ReadAsStringAsync().GetAwaiter().GetResult());
        }
    }

    [Fact]
    public async Task Counts_each_request_once_around_the_moment_when_the_last_endpoint_dies()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        // In one piece, so that none is cut in the middle.
        var v2 = await Upstream.StartAsync(context =>
        {
            context.Response.ContentLength = 2;
            return context.Response.WriteAsync("v2");
        });
        await using var proxy = await StartAsync(Probed(("v1", [v1.Address]), ("v2", [v2.Address])));
        await proxy.LiveAsync("v1");
        await proxy.LiveAsync("v2");
        await proxy.RollOutAsync(10_000);
        var before = await proxy.CountsOfAsync(Arm.Stable);
        var done = false;
        int sent = 0, failed = 0;
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref done))
            {
                Interlocked.Increment(ref sent);
                using var response = await proxy.Client.GetAsync("/");
                if (!response.IsSuccessStatusCode) Interlocked.Increment(ref failed);
            }
        })).ToArray();

        await v2.DisposeAsync();
        await Eventually.TrueAsync(() => v1.Seen.Count(r => r.Target == "/") > 20, "requests go to stable");
        Volatile.Write(ref done, true);
        await Task.WhenAll(clients);

        // Where the breaker looked meanwhile, a part was sent to stable in the first place.
        await Eventually.TrueAsync(
            () => Read(Arm.Candidate).Requests + Read(Arm.Stable).Requests - before.Requests == sent, "each is counted");
        var (candidate, stable) = (Read(Arm.Candidate), Read(Arm.Stable));
        var given = stable.Started - before.Started;
        Assert.Equal((sent, sent), (candidate.Started + given, candidate.Ended + stable.Ended - before.Ended));
        Assert.Equal(failed + v1.Seen.Count(r => r.Target == "/") - given, candidate.Failures);

        Counts Read(Arm arm) => proxy.CountsOfAsync(arm).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task Goes_on_trying_a_dead_candidate_when_stable_is_dead_too()
    {
        var (v1, v2) = (await Upstream.StartAsync(), await Upstream.StartAsync());
        await using var proxy = await StartAsync(Probed(("v1", [v1.Address]), ("v2", [v2.Address])));
        await proxy.LiveAsync("v1");
        await proxy.LiveAsync("v2");
        await v1.DisposeAsync();
        await proxy.LiveAsync("v1", endpoints: 0);
        await v2.DisposeAsync();
        await proxy.LiveAsync("v2", endpoints: 0);
        await proxy.RollOutAsync(10_000);

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Candidate, Outcome.ConnectFailure);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Stable)).Started);
    }

    [Fact]
    public async Task Goes_on_trying_a_dead_stable_that_has_nowhere_to_spill()
    {
        var v1 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Probed(("v1", [v1.Address])));
        await proxy.LiveAsync("v1");
        await v1.DisposeAsync();
        await proxy.LiveAsync("v1", endpoints: 0);

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
    }

    [Fact]
    public async Task Never_ejects_a_versions_last_endpoint_for_failing_requests()
    {
        await using var upstream = RawUpstream.Resetting();
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        await proxy.LiveAsync("v1");

        for (var i = 0; i < 30; i++) using (await proxy.Client.GetAsync("/")) { }

        await proxy.CountedAsync(Arm.Stable, Outcome.Reset, 30);
    }

    [Fact]
    public async Task Takes_failing_endpoints_out_while_others_are_good()
    {
        await using var good = await Upstream.StartAsync();
        await using var bad = RawUpstream.Resetting();
        await using var proxy = await StartAsync(("v1", [good.Address, bad.Address]));

        for (var i = 0; i < 60; i++) using (await proxy.Client.PostAsync("/", new StringContent("x"))) { }

        var tail = 0;
        for (var i = 0; i < 20; i++)
            using (var response = await proxy.Client.PostAsync("/", new StringContent("x")))
                if (response.IsSuccessStatusCode) tail++;
        Assert.Equal(20, tail);
    }

    private static ServiceSpec Probed(params (string Version, Uri[] Endpoints)[] versions)
    {
        var spec = Spec(versions);
        return spec.WithProxy(
            p => p with { Health = new HealthSettings("/ready", TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)) });
    }
}
