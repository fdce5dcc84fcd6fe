using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>Stable measured by instance, as the judge's A/A guard wants it.</summary>
public sealed class InstanceTests
{
    [Fact]
    public async Task During_a_rollout_each_group_of_stables_endpoints_is_counted_apart()
    {
        await using var odd = await Upstream.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var a = await Upstream.StartAsync();
        await using var b = await Upstream.StartAsync();
        await using var later = await Upstream.StartAsync();
        await using var v2 = await Upstream.StartAsync();
        Upstream[] stable = [odd, a, b];
        await using var proxy = await StartAsync(("v1", [.. stable.Select(u => u.Address)]), ("v2", [v2.Address]));
        await proxy.LiveAsync("v1", endpoints: 3);

        await SendAsync(proxy, 30);
        Assert.DoesNotContain((await ReadAsync(proxy)).Arms, r => r.Group is not null);
        var before = stable.ToDictionary(u => u, u => u.Seen.Count);

        await proxy.RollOutAsync(2000);
        await SendAsync(proxy, 200);
        await Eventually.TrueAsync(
            () => proxy.CountsOfAsync(Arm.Stable).GetAwaiter().GetResult() is { InFlight: 0 } c && c.Requests + v2.Seen.Count == 200,
            "all have ended");
        var read = (await ReadAsync(proxy)).Arms.Where(r => r.Group is not null).OrderBy(r => r.Group).ToArray();
        var inOrder = stable.OrderBy(u => u.Address.AbsoluteUri, StringComparer.Ordinal).ToArray();
        Assert.Equal(inOrder.Select(u => u.Seen.Count - before[u]), read.Select(r => (int)r.Counts.Requests));
        Assert.Equal(inOrder.Select(u => u == odd ? u.Seen.Count - before[u] : 0), read.Select(r => (int)r.Counts.Failures));

        // An endpoint that a reload brings is stable's too, and in no group.
        await proxy.Server.ReloadAsync(
            [Spec(("v1", [.. stable.Append(later).Select(u => u.Address)]), ("v2", [v2.Address]))], CancellationToken.None);
        await proxy.LiveAsync("v1", endpoints: 4);
        await SendAsync(proxy, 100);
        Assert.NotEmpty(later.Seen);
        await Eventually.TrueAsync(() => Rest(proxy) == later.Seen.Count, "its requests are counted in the rest");
    }

    private static async Task SendAsync(ProxyUnderTest proxy, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "x-user-id", $"user-{i}" } } };
            using var response = await proxy.Client.SendAsync(request);
        }
    }

    private static long Rest(ProxyUnderTest proxy) =>
        ReadAsync(proxy).GetAwaiter().GetResult().Arms.Single(r => r is { Arm: Arm.Stable, Group: null }).Counts.Requests;

    private static async Task<Reading> ReadAsync(ProxyUnderTest proxy) =>
        (await proxy.Router.ReadAsync(Keys.Of(Service), CancellationToken.None))!;
}
