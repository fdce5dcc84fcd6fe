using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>
/// A routing object that cannot be read or written: it is left as it is, people are told what to do, and the rollout goes on when they have
/// done it.
/// </summary>
public sealed class RouteFaultTests
{
    private const string UnnamedRules = """
        - match: [{ uri: { prefix: /admin } }]
          route: [{ destination: { host: admin } }]
        - route: [{ destination: { host: checkout }, weight: 100 }, { destination: { host: checkout-canary }, weight: 0 }]
        """;

    private const string ThirdDestination = """
        - name: primary
          route: [{ destination: { host: checkout }, weight: 95 }, { destination: { host: checkout-canary }, weight: 0 }, { destination: { host: legacy }, weight: 5 }]
        """;

    private const string NoCandidate = """
        - name: primary
          route: [{ destination: { host: checkout } }]
        """;

    private const string BothZero = """
        - name: primary
          route: [{ destination: { host: checkout }, weight: 0 }, { destination: { host: checkout-canary }, weight: 0 }]
        """;

    private const string AsItShouldBe = """
        - name: primary
          route: [{ destination: { host: checkout }, weight: 100 }, { destination: { host: checkout-canary }, weight: 0 }]
        """;

    private static readonly KubeName Delivery = new(KubeKind.Delivery, ShopService.Namespace, "checkout");

    [Theory]
    [InlineData(
        UnnamedRules, "istio/checkout",
        "VirtualService shop/checkout has 2 rules ((unnamed), (unnamed)); name the one to manage as istio/checkout#NAME")]
    [InlineData(UnnamedRules, "istio/checkout#primary", "VirtualService shop/checkout has no rule named primary")]
    [InlineData(ThirdDestination, "istio/checkout#primary", "sends traffic to legacy, which is none of the service's slots")]
    [InlineData(NoCandidate, "istio/checkout#primary", "has no destination checkout-canary")]
    public async Task A_rollout_does_not_begin_on_a_route_of_the_wrong_shape_and_says_what_to_do(string rules, string route, string words)
    {
        await using var stage = await FaultStage.OpenAsync();
        stage.Annotate("route", route);
        stage.PutRules(rules);
        await stage.ControlAsync();
        await stage.UntilAsync(() => stage.Guard.Decisions > 0, "the service is born");
        stage.Shop.Deploy("v2");
        await stage.UntilAsync(() => IsTold(stage, words), "it is told");
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, stage.Guard.Turns);

        stage.PutRules(AsItShouldBe);
        await stage.UntilAsync(() => stage.Guard.AtStep(0) == 1, "the rollout begins");
        await stage.UntilAsync(() => !IsTold(stage, words), "it is no longer told");
        await stage.GoesOnAsync();
    }

    [Fact]
    public async Task Both_weights_0_are_no_split_and_are_written_over_at_birth()
    {
        await using var stage = await FaultStage.OpenAsync();
        stage.PutRules(BothZero);
        await stage.ControlAsync();
        await stage.UntilAsync(() => stage.Shop.Weight == Weights.AllStable, "all traffic goes to stable");
        await stage.BeginAsync();
        await stage.GoesOnAsync();
    }

    [Fact]
    public async Task A_mesh_whose_definition_is_missing_is_named_and_the_rollout_begins_when_it_is_there()
    {
        await using var stage = await FaultStage.OpenAsync();
        stage.Annotate("route", "smi/checkout");
        await stage.ControlAsync();
        await stage.UntilAsync(() => stage.Guard.Decisions > 0, "the service is born");
        stage.Shop.Deploy("v2");
        await stage.UntilAsync(() => IsTold(stage, "does not serve trafficsplits.split.smi-spec.io"), "it is told");

        stage.Kube.Register(SmiShop.Kind);
        var smi = new SmiShop(stage.Kube, "checkout");
        stage.Kube.PutYaml("""
            { apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: { name: checkout, namespace: shop },
              spec: { service: checkout, backends: [{ service: checkout, weight: 100 }, { service: checkout-canary, weight: 0 }] } }
            """, "argocd-controller");
        await stage.UntilAsync(() => smi.Weight?.Candidate > 0, "the rollout begins");
        Assert.Equal(0, stage.Guard.Turns);
    }

    [Fact]
    public async Task A_right_that_is_taken_away_is_named_with_its_verb_and_object_and_the_split_stays_until_it_is_back()
    {
        await using var stage = await FaultStage.BegunAsync();
        stage.Fault = call => call is { Verb: "patch", Resource: "virtualservices" } ? KubeFault.Forbid(call) : null;
        var (before, turns) = (stage.Weight, stage.Guard.Turns);
        await stage.UntilAsync(
            () => IsTold(stage, "Grant patch on virtualservices of the API group \"networking.istio.io\""), "it is told");
        Assert.Equal((before, turns), (stage.Weight, stage.Guard.Turns));
        stage.Fault = null;
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
    }

    /// <summary>Elsewhere neither analysis nor rollback runs while the route cannot be read.</summary>
    [Fact]
    public async Task A_route_that_cannot_be_written_holds_up_no_abort()
    {
        await using var stage = await FaultStage.BegunAsync();
        stage.Fault = call => call.Resource == "virtualservices" ? KubeFault.Forbid(call) : null;
        stage.Annotate("abort", "1");
        await stage.UntilAsync(() => Newest(stage) is Phase.RollingBack, "it is decided");
        Assert.True(stage.Weight.Candidate > 0);
        stage.Fault = null;
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "it is written");
        await stage.UntilAsync(() => Newest(stage) is Phase.Aborted, "it is over");
    }

    [Fact]
    public async Task Of_two_routes_one_that_cannot_be_written_holds_the_rollout_by_name_and_keeps_no_other_from_going_back()
    {
        await using var stage = await FaultStage.OpenAsync();
        stage.Kube.Register(GatewayShop.Kind);
        stage.Kube.PutYaml("""
            { apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: { name: edge, namespace: shop },
              spec: { rules: [{ backendRefs: [{ name: checkout, port: 80, weight: 100 }, { name: checkout-canary, port: 80, weight: 0 }] }] } }
            """, "argocd-controller");
        stage.Annotate("route", "istio/checkout#primary, gateway-api/edge");
        stage.Annotate("metrics", "istio");
        await stage.ControlAsync();
        await stage.BeginAsync();
        await stage.GoesOnAsync();
        await stage.UntilAsync(() => Edge() == stage.Weight.Candidate / 100, "both are at one split");

        stage.Fault = call => call is { Verb: "patch", Resource: "httproutes" } ? KubeFault.Forbid(call) : null;
        await stage.UntilAsync(() => IsTold(stage, "gateway-api/edge: "), "it is told");
        var (here, there) = (stage.Weight, Edge());
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((here, there), (stage.Weight, Edge()));

        stage.Annotate("abort", "1");
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "the other goes back");
        await stage.UntilAsync(() => Newest(stage) is Phase.RollingBack, "it is decided");
        Assert.Equal(there, Edge());
        stage.Fault = null;
        await stage.UntilAsync(() => Edge() == 0, "it goes back too");
        await stage.UntilAsync(() => Newest(stage) is Phase.Aborted, "it is over");

        int Edge() =>
            (int)stage.Kube.Get(
                new KubeName(GatewayShop.Kind, ShopService.Namespace, "edge"))!["spec"]!["rules"]![0]!["backendRefs"]![1]!["weight"]!;
    }

    [Fact]
    public async Task A_writer_that_changes_the_object_before_every_write_is_not_overwritten_and_the_rollout_goes_on_when_it_rests()
    {
        await using var stage = await FaultStage.BegunAsync();
        var count = 0;
        stage.Fault = call =>
        {
            if (call is not { Verb: "patch", Resource: "virtualservices" }) return null;
            stage.Kube.Patch(
                stage.Shop.Route, KubePatch.Json([Operation("add", "/spec/http/1/timeout", $"{Interlocked.Increment(ref count) + 3}s")]),
                "somebody-else");
            return null;
        };
        var (before, turns) = (stage.Weight, stage.Guard.Turns);
        await stage.UntilAsync(() => Volatile.Read(ref count) > 6, "they meet several times");
        Assert.Equal((before, turns), (stage.Weight, stage.Guard.Turns));
        stage.Fault = null;
        await stage.GoesOnAsync();
        Assert.Equal($"{count + 3}s", (string?)stage.Kube.Get(stage.Shop.Route)!["spec"]!["http"]![1]!["timeout"]);
    }

    [Fact]
    public async Task A_tool_that_puts_its_weights_back_again_and_again_is_named_and_left_alone_until_a_person_decides()
    {
        await using var stage = await FaultStage.BegunAsync();
        var fights = true;
        using var ending = new CancellationTokenSource();
        var fighting = Task.Run(async () =>
        {
            while (!ending.IsCancellationRequested)
            {
                if (Volatile.Read(ref fights) && stage.Weight > Weights.AllStable)
                {
                    stage.Kube.Patch(
                        stage.Shop.Route,
                        KubePatch.Json([
                            Operation("add", "/spec/http/1/route/0/weight", 100), Operation("add", "/spec/http/1/route/1/weight", 0)
                        ]), "argocd-controller");
                }

                await Task.Delay(TimeSpan.FromSeconds(2), stage.Clock, CancellationToken.None);
            }
        }, TestContext.Current.CancellationToken);
        await stage.UntilAsync(() => Newest(stage) is Phase.Paused && Condition(stage, "Drifted") is ["True", "Paused", _], "it pauses");
        Assert.Contains("FightingManager", Condition(stage, "Drifted")[2], StringComparison.Ordinal);
        Assert.Contains("argocd-controller", Condition(stage, "Drifted")[2], StringComparison.Ordinal);
        var turns = stage.Guard.Turns;
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((turns, Weights.AllStable), (stage.Guard.Turns, stage.Weight));

        Volatile.Write(ref fights, false);
        stage.Annotate("resume", "1");
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
        await ending.CancelAsync();
        await fighting;
    }

    [Fact]
    public async Task A_candidate_whose_pods_all_crash_is_rolled_back_at_once_and_nobody_waits_for_them()
    {
        await using var stage = await FaultStage.BegunAsync();
        await stage.GoesOnAsync();
        stage.Kube.Patch(
            new KubeName(KubeKind.EndpointSlice, ShopService.Namespace, $"{stage.Shop.Canary}-1"),
            KubePatch.Merge(new JsonObject { ["endpoints"] = new JsonArray() }), "endpointslice-controller");
        await stage.UntilAsync(() => stage.Weight == Weights.AllStable, "it goes back");
        await stage.UntilAsync(() => Newest(stage) is Phase.RolledBack { Cause: RollbackCause.TargetGone }, "it is over");
    }

    [Fact]
    public async Task Writes_weights_and_objects_of_its_own_and_keeps_no_object_of_anybodys_from_being_deleted()
    {
        await using var stage = await FaultStage.BegunAsync();
        var foreign = stage.Shop.Foreign();
        await stage.GoesOnAsync();
        stage.Annotate("abort", "1");
        await stage.UntilAsync(() => Newest(stage) is Phase.Aborted, "it is over");
        Assert.Equal(foreign, stage.Shop.Foreign());
        Assert.All(
            stage.Kube.Calls.Where(c => c.IsWrite),
            c => Assert.True(
                c is { Resource: "leases" or "events" or "deliveries" or "rollouts" } or
                {
                    Resource: "configmaps",
                    Namespace: "trafficctl-system"
                }
                    or { Resource: "virtualservices", Verb: "patch", ContentType: "application/json-patch+json" },
                c.ToString()));
        foreach (var kind in (KubeKind[])[KubeKind.Service, KubeKind.Deployment, KubeKind.Delivery, KubeKind.Rollout, IstioShop.Kind])
            Assert.All(stage.Kube.All(kind), o => Assert.Null(o["metadata"]!["finalizers"]));
    }

    private static Phase? Newest(FaultStage stage) => stage.Crew["controller-1"].Views.Find(Keys.Of(FaultStage.Service))?.Newest?.Phase;

    private static bool IsTold(FaultStage stage, string words) =>
        stage.Crew["controller-1"].Views.Find(
            Keys.Of(FaultStage.Service))?.Warnings.Any(w => w.Contains(words, StringComparison.Ordinal)) == true;

    /// <summary>Status, reason and message; empty when there is none.</summary>
    private static string[] Condition(FaultStage stage, string type) =>
        stage.Kube.Get(Delivery)?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => (string?)c!["type"] == type) is { } found
            ? [(string)found["status"]!, (string)found["reason"]!, (string?)found["message"] ?? ""]
            : [];

    private static JsonObject Operation(string op, string path, JsonNode value) =>
        new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
