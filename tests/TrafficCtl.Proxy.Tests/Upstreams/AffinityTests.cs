using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using Yarp.ReverseProxy.Model;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Upstreams;

public sealed class AffinityTests
{
    private const int Users = 100_000;

    [Fact]
    public void Users_are_spread_evenly()
    {
        var endpoints = Endpoints(5);
        var counts = Enumerable.Range(0, Users).GroupBy(user => IdOf(user, endpoints)).ToDictionary(g => g.Key, g => g.Count());

        // Six standard deviations of a binomial count around a fifth: 6 * sqrt(100000 * 0.2 * 0.8) = 759.
        Assert.Equal(5, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 20_000 - 759, 20_000 + 759));
    }

    [Fact]
    public void Only_the_users_of_an_endpoint_that_goes_move_and_they_spread_over_the_others()
    {
        var all = Endpoints(5);
        var left = new RankedEndpoints([.. all.Where(e => e != all[2])]);
        var moved = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var user = 0; user < Users; user++)
        {
            var (before, after) = (IdOf(user, all), IdOf(user, left));
            if (before != all[2].DestinationId) Assert.Equal(before, after);
            else moved[after] = moved.GetValueOrDefault(after) + 1;
        }

        Assert.Equal(4, moved.Count);
        Assert.All(moved.Values, count => Assert.InRange(count, 4_500, 5_500));
    }

    [Fact]
    public void Neither_the_order_of_endpoints_nor_who_hashed_them_changes_a_choice()
    {
        var endpoints = Endpoints(7);
        var reversed = new RankedEndpoints([.. endpoints.Reverse()]);
        DestinationState[] plain = [.. endpoints];
        for (var user = 0; user < 1000; user++)
            Assert.Equal((IdOf(user, endpoints), IdOf(user, endpoints)), (IdOf(user, reversed), IdOf(user, plain)));
    }

    [Fact]
    public void A_choice_allocates_nothing()
    {
        var endpoints = Endpoints(20);
        DestinationState[] plain = [.. endpoints];
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var user = 0u; user < 1000; user++)
            {
                RankedEndpoints.Choose(user, endpoints);
                RankedEndpoints.Choose(user, plain);
            }
        }));
    }

    [Fact]
    public async Task A_user_keeps_to_one_endpoint_and_users_together_use_all()
    {
        await using var a = await Upstream.StartAsync(name: "a");
        await using var b = await Upstream.StartAsync(name: "b");
        await using var c = await Upstream.StartAsync(name: "c");
        await using var proxy = await StartAsync(Sticky(a.Address, b.Address, c.Address));
        await proxy.LiveAsync("v1", endpoints: 3);

        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var user = 0; user < 40; user++)
        {
            var mine = await GetAsync(proxy, $"user-{user}");
            used.Add(mine);
            for (var i = 0; i < 4; i++) Assert.Equal(mine, await GetAsync(proxy, $"user-{user}"));
        }

        Assert.Equal(["a", "b", "c"], used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Requests_without_an_identity_are_balanced_also_those_that_a_cookie_keeps_on_an_arm()
    {
        await using var a = await Upstream.StartAsync(name: "a");
        await using var b = await Upstream.StartAsync(name: "b");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        var spec = Sticky(a.Address, b.Address);
        await using var proxy = await StartAsync(spec with { Versions = [.. spec.Versions, new VersionSpec("v2", [v2.Address])] });
        await proxy.LiveAsync("v1", endpoints: 2);
        await proxy.RollOutAsync(0);
        using var first = await proxy.Client.GetAsync("/");
        var cookie = Assert.Single(SetCookies(first)).Split(';')[0];

        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 40; i++)
        {
            using var request = Request(HttpMethod.Get, "/");
            request.Headers.Add("Cookie", cookie);
            using var response = await proxy.Client.SendAsync(request);
            used.Add(await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(["a", "b"], used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_users_of_an_endpoint_that_dies_go_to_another_one_and_keep_to_that()
    {
        await using var a = await Upstream.StartAsync(name: "a");
        await using var b = await Upstream.StartAsync(name: "b");
        var c = await Upstream.StartAsync(name: "c");
        await using var proxy = await StartAsync(Sticky(a.Address, b.Address, c.Address));
        await proxy.LiveAsync("v1", endpoints: 3);
        var user = "";
        for (var i = 0; user.Length == 0; i++)
            if (await GetAsync(proxy, $"user-{i}") == "c") user = $"user-{i}";

        await c.DisposeAsync();
        // Until probes know, the connection is tried and the request goes to the user's second choice.
        var second = await GetAsync(proxy, user);
        await proxy.LiveAsync("v1", endpoints: 2);

        for (var i = 0; i < 5; i++) Assert.Equal(second, await GetAsync(proxy, user));
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Stable)).Failures);
    }

    private static ServiceSpec Sticky(params Uri[] endpoints)
    {
        var spec = Spec(("v1", endpoints));
        var health = new HealthSettings(null, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(20));
        return spec.WithProxy(p => p with { HasAffinity = true, Health = health });
    }

    private static async Task<string> GetAsync(ProxyUnderTest proxy, string user)
    {
        using var request = Request(HttpMethod.Get, "/", user);
        using var response = await proxy.Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private static RankedEndpoints Endpoints(int count) =>
        new([.. Enumerable.Range(1, count).Select(i => new DestinationState($"http://10.0.0.{i}:8080/"))]);

    /// <summary>Users by their hashes, of which those next to each other are the hardest.</summary>
    private static string IdOf(int user, IReadOnlyList<DestinationState> among) => RankedEndpoints.Choose((uint)user, among).DestinationId;
}
