using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class ShadowRolloutTests
{
    private const string Plan = """
        trafficctl.io/rollout: "[{ shadow: 10%, hold: 2s, at-least: { requests: 50 } }, { weights: [100] }]"
        trafficctl.io/holdback: "0"
        trafficctl.io/watch: 1s
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 1s
        trafficctl.io/analysis.warm-up.latency: 1s
        """;

    [Fact]
    public async Task Copies_go_before_users_and_a_version_that_fails_them_meets_no_user()
    {
        await using var kube = await FakeKube.StartAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            kube.PutFile(file);
        foreach (var kind in new[] { IstioShop.Kind, GatewayShop.Kind }) kube.Register(kind);
        ImmutableArray<ShopService> shops = [
            new IstioShop(kube, "istio-good"), new IstioShop(kube, "istio-bad"), new GatewayShop(kube, "gateway-good"),
            new GatewayShop(kube, "gateway-bad")
        ];
        foreach (var shop in shops) shop.Put("v1", "v1", Plan, metrics: "istio-destination");
        var before = shops.ToDictionary(s => s.Name, s => s.Foreign());
        await using var metrics = await ShopMetrics.StartAsync();
        foreach (var shop in shops)
            if (shop.Name.EndsWith("bad", StringComparison.Ordinal)) metrics.Fail(shop.Name, 0.5);

        var course = shops.ToDictionary(s => s.Name, _ => new List<string>());
        var said = new LastLines();
        await using var crew = new ControllerCrew(kube, metrics, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1), said);
        var controller = crew[await crew.StartAsync()];
        await UntilAsync(
            () => shops.All(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))?.Record is not null), "every service is born");
        foreach (var shop in shops) shop.Deploy("v2");
        await UntilAsync(
            () => shops.All(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))?.Newest?.Phase is { IsFinal: true }),
            "every rollout ends");

        foreach (var shop in shops)
        {
            var isGood = shop.Name.EndsWith("good", StringComparison.Ordinal);
            var phase = controller.Views.Find(Keys.Of($"shop.{shop.Name}"))!.Newest!.Phase;
            Assert.True(isGood ? phase is Phase.Good : phase is Phase.RolledBack, $"{shop.Name}: {phase}");
            await UntilAsync(
                () => shop.Shadow == Weights.AllStable && shop.Weight == (isGood ? Weights.AllCandidate : Weights.AllStable),
                $"the object of {shop.Name} says how it ended");
            Assert.Equal(isGood ? ["0 %", "0 %, shadow 10 %", "100 %"] : ["0 %", "0 %, shadow 10 %", "0 %"], course[shop.Name]);
            Assert.Equal(before[shop.Name], shop.Foreign());
        }

        Task UntilAsync(Func<bool> done, string what) => Eventually.TrueAsync(
            () =>
            {
                foreach (var shop in shops) Follow(shop);
                return done();
            },
            what,
            seen: () => string.Join('\n', controller.Views.All.Select(
                v => $"{v.Spec.Service}: {v.Newest?.Phase}: {v.LastDecision?.Reason}; {string.Join("; ", v.Warnings)}")) + $"\n{said}",
            within: TimeSpan.FromMinutes(3));

        // What a mesh does with an object: it accepts it, splits and copies by it.
        void Follow(ShopService shop)
        {
            (shop as GatewayShop)?.Accept();
            var exposure = Exposure.Of(shop.Weight!.Value) with { Shadow = shop.Shadow > Weights.AllStable ? shop.Shadow : null };
            if (course[shop.Name] is [.., var last] && last == exposure.ToString()) return;
            course[shop.Name].Add(exposure.ToString());
            metrics.Split(shop.Name, exposure.General.Fraction, exposure.Shadow.GetValueOrDefault().Fraction);
        }
    }
}
