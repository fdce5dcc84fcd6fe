using Microsoft.AspNetCore.Http;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>A candidate that breaks a few paths, through the real proxy and the real control loop.</summary>
public sealed class FailingRouteTests(ITestOutputHelper output)
{
    private const int Speed = 4;

    private static readonly TargetKey Shop = new("shop", ServiceSpec.DefaultEnvironment);

    [Fact]
    public async Task It_is_rolled_back_when_3_percent_of_the_paths_fail_and_the_route_is_named()
    {
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(
            static context =>
            {
                if (context.Request.Path.StartsWithSegments("/returns", StringComparison.Ordinal)) context.Response.StatusCode = 500;
                return context.Response.WriteAsync("v2");
            },
            clock);
        await using var host = await daemon.StartAsync();
        await using var clients = new ShopClients(
            host.AddressOf("shop"), clock, Speed, perSecond: 50, patience: TimeSpan.FromMinutes(1), pathOf: PathOf);
        await Eventually.TrueAsync(() => clients.Answered > 500, "the shop has clients");

        daemon.Deliver("v1", "v1 v2", more: "identity: [header:x-user-id]\nrollout: [{ weights: [10, 100] }]");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(() => View(host) is { Record.Active: null, Newest.Phase.IsFinal: true }, "the rollout is over");

        var facts = await host.Store.FactsAsync(new FactQuery(Shop), default);
        output.WriteLine(facts[0].Text);
        Assert.IsType<Phase.RolledBack>(View(host).Newest!.Phase);
        Assert.Contains(facts, f => f.Text.Contains("/returns/*: candidate errors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_paths_makes_no_route_groups_and_a_restart_keeps_those_that_there_are()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        PathGroups chosen;
        await using (var host = await daemon.StartAsync())
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
            await FloodAsync(client, host, 1_500);
            for (var i = 0; i < 90; i++) await client.GetStringAsync(new Uri(host.AddressOf("shop"), $"/{Word(i % 30)}/{i}"));

            daemon.Deliver("v1", "v1 v2", more: "rollout: [{ weights: [5, 100], hold: 1h }]");
            Assert.Empty(await host.ReloadAsync(default));
            await Eventually.TrueAsync(() => View(host).Record?.Active?.Phase is Phase.Observing, "step 1 is in force");
            chosen = View(host).Record!.Active!.Paths!;
            for (var i = 0; i < 30; i++) Assert.Contains($"/{Word(i)}/*", chosen.Names);
            Assert.InRange(chosen.Names.Length, 30, PathGroups.Most);

            await FloodAsync(client, host, 500);
            Assert.Equal(chosen, View(host).Record!.Active!.Paths);
            await host.StopAsync(default);
        }

        await using var again = await daemon.StartAsync();
        await Eventually.TrueAsync(
            () => View(again) is { Record.Active.Phase: Phase.Observing, Router: not null }, "the rollout goes on");
        Assert.Equal(chosen, View(again).Record!.Active!.Paths);
        Assert.Equal(chosen, View(again).Router!.Route.Paths);
    }

    private static ServiceView View(DaemonHost host) => host.Views.Find(Keys.Of("shop"))!;

    private static async Task FloodAsync(HttpClient client, DaemonHost host, int paths)
    {
        for (var i = 0; i < paths; i++) await client.GetStringAsync(new Uri(host.AddressOf("shop"), $"/{Word(1000 + i)}/{Word(i)}"));
    }

    /// <summary>Three in a hundred requests are for one route, the others for ten; which one does not depend on the user.</summary>
    private static string PathOf(int request)
    {
        var at = (int)((uint)(request * 2_654_435_761L) >> 8) % 100;
        return at < 3 ? $"/returns/{request}" : $"/{Word(at % 10)}/{request}";
    }

    private static string Word(int number) => string.Concat($"{number}".Select(static d => (char)('a' + (d - '0'))));
}
