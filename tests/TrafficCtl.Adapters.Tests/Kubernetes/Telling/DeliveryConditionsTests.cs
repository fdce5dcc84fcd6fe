using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Adapters.Kubernetes.Telling;
using TrafficCtl.Adapters.Tests.Kubernetes.Discovery;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Kubernetes.Telling;

public sealed class DeliveryConditionsTests : IDisposable
{
    private readonly MemoryCluster kube = new();
    private readonly Explorer explorer;
    private RouterStatus? router;

    public DeliveryConditionsTests()
    {
        Shop.PutPair(kube);
        Shop.PutRecord(kube, "checkout", "v1");
        explorer = new Explorer(kube);
    }

    [Fact]
    public async Task A_valid_declaration_is_accepted_and_written_once()
    {
        await WriteAsync();
        await WriteAsync();

        Assert.Equal(("True", "Valid"), Accepted());
        Assert.Equal(["replace Delivery shop/checkout status"], kube.Writes);
        Assert.Equal("v1", kube.Get(Shop.Delivery("checkout"))!["status"]!["record"]!["lastGood"]!.ToString());
    }

    [Fact]
    public async Task All_problems_stand_in_the_condition_until_they_are_gone()
    {
        kube.Edit(Shop.Service("checkout"), s => s["metadata"]!["annotations"]!.AsObject().Remove("trafficctl.io/route"));
        await WriteAsync();
        Assert.Equal(("False", "Invalid"), Accepted());
        Assert.Equal("Service shop/checkout: route is missing\nService shop/checkout: and more", Condition()!["message"]!.ToString());

        Shop.PutService(kube, "checkout", "checkout", ("enabled", "true"), ("route", "checkout"));
        await WriteAsync();
        Assert.Equal(("True", "Valid"), Accepted());
    }

    [Fact]
    public async Task A_store_that_writes_at_the_same_time_wins()
    {
        kube.Fault = _ => new KubeException("somebody was first", HttpStatusCode.Conflict, "Conflict");
        await WriteAsync();
        Assert.Null(Condition());

        kube.Fault = null;
        await WriteAsync();
        Assert.Equal(("True", "Valid"), Accepted());
    }

    [Fact]
    public async Task A_hand_on_the_split_shows_until_it_is_settled()
    {
        await WriteAsync();
        Assert.Null(Condition("Drifted"));

        var route = ServiceRoute.Idle("shop.checkout", 3, "v1");
        var health = new ArmHealth(1, 1, 1, null);
        router = new RouterStatus(route, route.Exposure, health, health, null);
        await WriteAsync();
        Assert.Equal(("False", "True"), (Condition("Drifted")!["status"]!.ToString(), Condition("RouteResolved")!["status"]!.ToString()));

        router = router with { Drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, DriftAnswer.Abort, "weights changed from 90/10 to 100/0") };
        await WriteAsync();
        Assert.Equal(("True", "TakenAsAbort"), (Condition("Drifted")!["status"]!.ToString(), Condition("Drifted")!["reason"]!.ToString()));
        Assert.Equal("True", Condition("RouteResolved")!["status"]!.ToString());

        router = router with { Drift = new Drift(null, "argocd-controller (Apply)", null, DriftAnswer.Pause, "rule primary is gone") };
        await WriteAsync();
        Assert.Equal(("False", "rule primary is gone"), (Condition("RouteResolved")!["status"]!.ToString(), Condition("RouteResolved")!["message"]!.ToString()));
    }

    [Theory]
    [InlineData(DriftAnswer.Correct, "Corrected")]
    [InlineData(DriftAnswer.Pause, "Paused")]
    [InlineData(DriftAnswer.Adopt, "Adopted")]
    [InlineData(DriftAnswer.Abort, "TakenAsAbort")]
    public async Task Each_answer_to_a_drift_has_a_word(DriftAnswer answer, string word)
    {
        var route = ServiceRoute.Idle("shop.checkout", 3, "v1");
        var health = new ArmHealth(1, 1, 1, null);
        router = new RouterStatus(route, route.Exposure, health, health, null) { Drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, answer, "changed") };
        await WriteAsync();
        Assert.Equal(word, Condition("Drifted")!["reason"]!.ToString());
    }

    [Fact]
    public async Task One_that_may_not_be_written_does_not_keep_the_others_waiting()
    {
        Shop.PutPair(kube, "basket");
        Shop.PutRecord(kube, "basket", "v1");
        kube.Fault = w => w.Contains("basket", StringComparison.Ordinal) ? new KubeException("not yours", HttpStatusCode.Forbidden, "Forbidden") : null;
        await WriteAsync();
        Assert.Equal(("True", "Valid"), Accepted());
    }

    public void Dispose() => explorer.Dispose();

    private async Task WriteAsync()
    {
        explorer.Discovery.Read();
        var conditions = new DeliveryConditions(
            kube, kube, () => explorer.Discovery.Services, _ => router, () => true, explorer.Clock, NullLogger<DeliveryConditions>.Instance);
        await conditions.WriteAsync(CancellationToken.None);
    }

    private JsonNode? Condition(string type = "Accepted") =>
        kube.Get(Shop.Delivery("checkout"))!["status"]!["conditions"]?.AsArray().SingleOrDefault(c => c!["type"]!.ToString() == type);

    private (string, string) Accepted() => (Condition()!["status"]!.ToString(), Condition()!["reason"]!.ToString());
}
