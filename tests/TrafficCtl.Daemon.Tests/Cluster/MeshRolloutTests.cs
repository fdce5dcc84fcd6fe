using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class MeshRolloutTests
{
    /// <summary>Wide margins and short dwells: a good version is through in about a minute.</summary>
    private const string Plan = """
        trafficctl.io/rollout: "[{ weights: [20, 50, 100], hold: 3s, at-least: { requests: 50 } }]"
        trafficctl.io/holdback: "0"
        trafficctl.io/watch: 3s
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 2s
        trafficctl.io/analysis.warm-up.latency: 2s
        """;

    [Fact]
    public async Task An_annotated_Service_is_promoted_or_rolled_back_on_each_mesh_and_nothing_else_of_its_objects_changes()
    {
        Assert.SkipWhen(RealPrometheus.Program is null, RealPrometheus.Missing ?? "");
        await using var cluster = await ShopCluster.StartAsync();
        ImmutableArray<ShopService> all =
        [
            .. ((ImmutableArray<string>)["good", "bad"]).SelectMany(kind => (ShopService[])
            [
                new IstioShop(cluster.Kube, $"istio-{kind}"), new SmiShop(cluster.Kube, $"smi-{kind}"),
                new GatewayShop(cluster.Kube, $"gateway-{kind}"),
            ]),
        ];
        foreach (var service in all) service.Put("v1", "v1", Plan);
        // Less than what the proxies cut off by themselves: this is the judge's to see.
        await cluster.TrafficAsync(all, s => s.Name.EndsWith("bad", StringComparison.Ordinal) ? 0.12 : 0);
        var before = all.ToDictionary(s => s.Name, s => s.Foreign());
        await using var controller = await cluster.ControlAsync("one");
        await EndAsync(
            () => all.All(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))?.Record is not null), "every service is born",
            TimeSpan.FromMinutes(2));
        foreach (var service in all) service.Deploy("v2");

        await EndAsync(
            () => all.All(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))?.Newest?.Phase is { IsFinal: true }), "every rollout ends",
            TimeSpan.FromMinutes(4));
        foreach (var service in all)
        {
            var view = controller.Views.Find(Keys.Of($"shop.{service.Name}"))!;
            if (service.Name.EndsWith("good", StringComparison.Ordinal))
                Assert.True(view.Newest!.Phase is Phase.Good, $"{service.Name}: {view.LastDecision?.Reason}");
            else Assert.True(view.Newest!.Phase is Phase.RolledBack, $"{service.Name}: {view.LastDecision?.Reason}");
            var weight = view.Newest.Phase is Phase.Good ? Weights.AllCandidate : Weights.AllStable;
            await Eventually.TrueAsync(() => service.Weight == weight, $"{service.Name} is at {weight}");
            Assert.Equal(before[service.Name], service.Foreign());
        }

        // What the manifests grant to every controller is enough, without managed mode and Secrets.
        Assert.Empty(cluster.Kube.Calls.Where(c => !IsGranted(c)).Select(c => c.ToString()).Distinct(StringComparer.Ordinal));

        Task EndAsync(Func<bool> done, string what, TimeSpan most) => Eventually.TrueAsync(
            done, what,
            seen: () => string.Join('\n', controller.Views.All.Select(
                v => $"{v.Spec.Service}: {v.Newest?.Phase}: {v.LastDecision?.Reason}; {string.Join("; ", v.Warnings)}")) + "\n"
                + cluster.Said,
            within: most);
    }

    internal static bool IsGranted(KubeCall call)
    {
        var resource = call.Subresource.Length == 0 ? call.Resource : $"{call.Resource}/{call.Subresource}";
        return ApiAccess.Rules.Any(r => r.Use == ApiUse.Always && r.Allows(call.Verb, call.Group, resource, call.Name)
            && (!r.IsOwnNamespace || call.Namespace == ShopCluster.Home));
    }
}
