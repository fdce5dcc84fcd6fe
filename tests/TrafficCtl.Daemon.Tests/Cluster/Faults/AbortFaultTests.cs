using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>
/// Whole controllers whose store cannot be read: the route is written to stable all the same, the next leader keeps it, and it is recorded
/// once.
/// </summary>
public sealed class AbortFaultTests
{
    private static readonly KubeName Delivery = new(KubeKind.Delivery, ShopService.Namespace, "checkout");
    private static readonly TargetKey Key = new(FaultStage.Service, ServiceSpec.DefaultEnvironment);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_abort_needs_no_record(bool isByAnnotation)
    {
        await using var stage = await FaultStage.BegunAsync();
        stage.Crew.Kill("controller-1", Task.CompletedTask);
        var whole = (string)stage.Kube.Get(Delivery)!["status"]!["record"]!["tried"]!;
        SetTried(stage, "torn");
        var second = await stage.ControlAsync();
        await stage.UntilAsync(
            () => View(stage, second) is { RecordTrouble: not null, Router: not null },
            "the record is not readable, and the route is recalled");
        Assert.Equal(stage.Weight, View(stage, second)!.Router!.EffectiveExposure.General);
        Assert.True(stage.Weight > Weights.AllStable);

        if (isByAnnotation) stage.Annotate("abort", "1");
        else Assert.True((await AskAsync(stage, second)).Accepted);
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "the route is written");

        // The next leader finds the record as bad as before.
        stage.Crew.Kill(second, Task.CompletedTask);
        var third = await stage.ControlAsync();
        await stage.UntilAsync(() => View(stage, third)?.Router?.Abort is not null, "the abort is known");
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Weights.AllStable, stage.Weight);

        SetTried(stage, whole);
        await stage.UntilAsync(() => View(stage, third)?.Newest?.Phase is Phase.Aborted, "it is over");
        await stage.UntilAsync(() => View(stage, third)!.Router?.Abort is null, "it is answered");
        var facts = await stage.Crew[third].Store.FactsAsync(new FactQuery(Key, Limit: 1000), TestContext.Current.CancellationToken);
        Assert.Single(facts, f => f is { Kind: "ordered", What: "abort" });
        Assert.Single(facts, f => f is { Kind: "decided", What: "abort" });
        Assert.Equal(Weights.AllStable, stage.Weight);
    }

    private static async Task<WishOutcome> AskAsync(FaultStage stage, string who)
    {
        using var http = new HttpClient { BaseAddress = stage.Crew[who].Admin };
        using var body = new StringContent(
            """{"kind":"abort","who":"ann","reason":"on fire"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(
            new Uri($"/v1/services/{FaultStage.Service}/wishes", UriKind.Relative), body, TestContext.Current.CancellationToken);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.True(answer.IsSuccessStatusCode, json.ToJsonString());
        Assert.Contains("not recorded yet", (string)json["warning"]!, StringComparison.Ordinal);
        return new WishOutcome(
            new Wish(0, Keys.Of(""), WishKind.Abort, null, "", "", "", default), (bool)json["accepted"]!, (string)json["answer"]!);
    }

    private static ServiceView? View(FaultStage stage, string who) => stage.Crew[who].Views.Find(Keys.Of(FaultStage.Service));

    private static void SetTried(FaultStage stage, string tried) => stage.Kube.Patch(
        Delivery, KubePatch.Merge(new JsonObject { ["status"] = new JsonObject { ["record"] = new JsonObject { ["tried"] = tried } } }),
        subresource: "status");
}
