using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>
/// Slots that are changed or emptied while they serve. The guard of the stage sees each write that raises what cannot answer.
/// </summary>
public sealed class EndpointFaultTests
{
    private const string Plan = """
        trafficctl.io/rollout: "[{ weights: [50, 100], hold: 5s, at-least: { requests: 50 } }]"
        trafficctl.io/holdback: "0"
        trafficctl.io/watch: 5s
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 1s
        trafficctl.io/analysis.warm-up.latency: 1s
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_serving_slot_that_is_changed_in_place_keeps_its_traffic_and_an_empty_one_gets_none(bool isRestarted)
    {
        await using var stage = await FaultStage.OpenAsync(Plan);
        var first = await stage.ControlAsync();
        await stage.BeginAsync();
        await stage.UntilAsync(() => Newest(stage) is Phase.Good, "v2 is good");

        // The stable slot takes it over, and the canary's pods go.
        stage.Shop.Deploy(stage.Shop.Name, "v2");
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "the stable slot takes v2 over");
        stage.Shop.Deploy(stage.Shop.Canary, "v2", replicas: 0);
        await stage.PassAsync(TimeSpan.FromSeconds(30));
        if (isRestarted)
        {
            await stage.Crew.StopAsync(first);
            await stage.ControlAsync();
        }

        stage.Shop.Deploy(stage.Shop.Name, "v9");
        await stage.UntilAsync(() => Condition(stage, "Serving")?["reason"]?.ToString() == "ChangedInPlace", "the condition says so");
        await stage.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Weights.AllStable, stage.Weight);
        Assert.Equal("False", Condition(stage, "Ready")!["status"]!.ToString());
        Assert.Contains("rollout undo deployment/checkout", Condition(stage, "Ready")!["message"]!.ToString(), StringComparison.Ordinal);

        // And what the message says helps.
        stage.Shop.Deploy(stage.Shop.Name, "v2");
        await stage.UntilAsync(() => Condition(stage, "Ready")!["status"]!.ToString() == "True", "it is ready again");
        Assert.Equal(Weights.AllStable, stage.Weight);
    }

    [Fact]
    public async Task A_rollback_waits_while_stable_has_no_endpoint_and_a_service_without_any_is_an_alarm()
    {
        await using var stage = await FaultStage.BegunAsync();
        var share = stage.Weight;
        stage.Shop.Deploy(stage.Shop.Name, "v1", replicas: 0);
        await stage.UntilAsync(() => Condition(stage, "Ready")?["reason"]?.ToString() == "NoEndpoints", "the alarm");
        Assert.Contains(
            stage.Kube.All(KubeKind.Event), e => e["reason"]!.ToString() == "NoEndpoints" && e["type"]!.ToString() == "Warning");

        stage.Annotate("abort", "now");
        await stage.PassAsync(TimeSpan.FromSeconds(30));
        Assert.True(stage.Weight >= share);
        stage.Shop.Deploy(stage.Shop.Name, "v1");
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "the abort is in force");
    }

    private static Phase? Newest(FaultStage stage) => stage.Crew["controller-1"].Views.Find(Keys.Of(FaultStage.Service))?.Newest?.Phase;

    private static JsonNode? Condition(FaultStage stage, string type) =>
        stage.Kube.Get(new KubeName(KubeKind.Delivery, ShopService.Namespace, stage.Shop.Name))?["status"]?["conditions"]?.AsArray()
            .SingleOrDefault(c => c!["type"]!.ToString() == type);
}
