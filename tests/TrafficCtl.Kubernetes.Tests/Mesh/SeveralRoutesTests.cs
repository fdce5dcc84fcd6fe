using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>Several routing objects of one service: one split, written to all, in force when all say so.</summary>
public class SeveralRoutesTests
{
    private const string Istio = "istio/checkout#primary", Edge = "gateway-api/edge", Admin = "istio/checkout#admin";

    private static readonly KubeKind HttpRoute = new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Carry_the_same_split_and_are_in_force_when_all_of_them_are()
    {
        await using var stage = await OpenAsync();
        await stage.AskAsync(1000);
        Assert.Equal((1000, 1000), (stage.Share, EdgeShare(stage)));
        stage.Wait(130);
        var status = await stage.ObserveAsync();
        Assert.NotNull(status.Pending);
        Assert.StartsWith($"{Edge}: HTTPRoute shop/edge waits", status.WaitsFor, StringComparison.Ordinal);

        Accept(stage);
        stage.Wait(130);
        status = await stage.ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Equal(
            (status.Route, null, 1000), (stage.Router.Find("shop.checkout"), status.WaitsFor, status.EffectiveExposure.General.Candidate));
    }

    /// <summary>The API server is asked about every route before a slot is raised, not about the first alone.</summary>
    [Fact]
    public async Task None_is_raised_to_a_slot_of_which_only_the_server_knows_that_it_is_empty()
    {
        await using var stage = await OpenAsync();
        await stage.AskAsync(0);
        stage.Unheard.Add("checkout-canary");
        await stage.AskAsync(1000);
        Assert.Equal((0, 0), (stage.Share, EdgeShare(stage)));
        Assert.Contains("the Service checkout-canary is not ready", (await stage.ObserveAsync()).WaitsFor, StringComparison.Ordinal);

        stage.Unheard.Clear();
        await stage.AskAsync(1000);
        Assert.Equal((1000, 1000), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task A_refusal_of_the_mesh_holds_the_rollout_with_the_routes_name()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 500);
        await stage.AskAsync(1000);
        Accept(stage, "False", "UnsupportedValue");
        stage.Wait(600);
        var status = await stage.ObserveAsync();
        Assert.Equal(500, status.Route.Exposure.General.Candidate);
        Assert.Contains(
            "HTTPRoute shop/edge: its parent Gateway public says Accepted=False (UnsupportedValue)", status.WaitsFor,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("virtualservices", Istio, Edge)]
    [InlineData("httproutes", Edge, Istio)]
    public async Task A_write_that_fails_stops_no_other_and_says_which_failed_and_which_did_not(string resource, string failed, string done)
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 2500);
        stage.Kube.Intercept = call => call.Verb == "patch" && call.Resource == resource ? KubeFault.Forbid(call) : null;
        var fault = await stage.FailsAsync(MeshFault.Forbidden, 0);
        Assert.StartsWith($"{failed}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"Grant patch on {resource}", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith($"; done for {done}", fault.Message, StringComparison.Ordinal);
        Assert.Equal(resource == "httproutes" ? (0, 2500) : (2500, 0), (stage.Share, EdgeShare(stage)));

        var status = await stage.ObserveAsync();
        Assert.Equal((true, 2500), (status.Pending is not null, status.EffectiveExposure.General.Candidate));
        Assert.Contains(failed, status.Warning, StringComparison.Ordinal);

        stage.Kube.Intercept = null;
        stage.Wait();
        await stage.AskAsync(0, isNew: false);
        Assert.Equal((0, 0), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task A_drift_in_any_of_them_is_seen_and_named_and_a_lowered_one_is_an_abort()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 2500);
        PutEdge(stage, 60, 40);
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal(DriftAnswer.Pause, drift.Answer);
        Assert.StartsWith($"{Edge}: the weights of HTTPRoute shop/edge changed from", drift.Text, StringComparison.Ordinal);

        stage.Put(100, 0);
        stage.Wait();
        drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal(DriftAnswer.Abort, drift.Answer);
        Assert.Contains($"{Istio}: the weights of VirtualService shop/checkout", drift.Text, StringComparison.Ordinal);
        Assert.Contains($"{Edge}: the weights of HTTPRoute shop/edge", drift.Text, StringComparison.Ordinal);
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 90, "v1"));
        Assert.Equal((0, 0), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task No_route_is_raised_onto_a_slot_without_a_ready_endpoint()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 1000);
        stage.Empty.Add("checkout-canary");
        await stage.AskAsync(5000);
        Assert.Equal((1000, 1000), (stage.Share, EdgeShare(stage)));
        stage.Empty.Add("checkout-stable");
        await stage.AskAsync(0);
        Assert.Equal((1000, 1000), (stage.Share, EdgeShare(stage)));
        stage.Empty.Clear();
        stage.Wait();
        await stage.AskAsync(0, isNew: false);
        Assert.Equal((0, 0), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task An_abort_is_held_by_all_also_by_one_that_cannot_be_written_and_by_the_next_process()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 3300);
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "httproutes" } ? KubeFault.Forbid(call) : null;
        var fault = await Assert.ThrowsAsync<MeshException>(async () => await stage.Router.AbortAsync(Abort, Stop));
        Assert.Contains($"{Edge}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("the abort is held", fault.Message, StringComparison.Ordinal);
        Assert.Equal((0, 3300), (stage.Share, EdgeShare(stage)));

        stage.Kube.Intercept = null;
        stage.Restart();
        stage.Wait();
        await stage.AskAsync(3300);
        Assert.Equal((0, 0), (stage.Share, EdgeShare(stage)));
        Assert.Equal(Abort, (await stage.ObserveAsync()).Abort);
        await stage.Router.AnsweredAsync(Abort, Stop);
        stage.Restart();
        await stage.AskAsync(3300);
        Assert.Equal((3300, 3300), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task A_route_that_is_added_in_a_rollout_is_not_in_force_before_it_is_written()
    {
        await using var stage = await OpenAsync(isBoth: false);
        await stage.ReachAsync(1000);
        stage.Target = Both(stage.Target!);
        var status = await stage.ObserveAsync();
        Assert.NotNull(status.Pending);
        Assert.Equal($"{Edge}: nothing was written to it yet", status.WaitsFor);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal((1000, 1000), (stage.Share, EdgeShare(stage)));
    }

    [Fact]
    public async Task A_route_that_is_taken_out_in_a_rollout_is_left_and_said_to_be()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 1000);
        stage.Target = stage.Target! with { Also = [] };
        await stage.AskAsync(0);
        Assert.Equal((0, 1000), (stage.Share, EdgeShare(stage)));
        Assert.Contains(
            $"{Edge} is declared no more and left as last written", (await stage.ObserveAsync()).Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Their_order_is_no_matter_and_what_was_written_is_known_to_the_next_process()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 1000);
        stage.Target = stage.Target!.OfRoute(1);
        stage.Restart();
        await stage.AskAsync(1000, isNew: false);
        PutEdge(stage, 100, 0);
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal(DriftAnswer.Abort, drift.Answer);
        Assert.StartsWith(Edge, drift.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_rules_of_one_object_are_written_one_after_the_other_and_their_drifts_are_told_apart()
    {
        await using var stage = await OpenAsync(isBoth: false);
        PutTwoRules(stage, 100, 0, 100, 0);
        stage.Target = stage.Target! with { Also = [new(new("istio", "checkout", "admin"), RouteMode.Patch)] };
        await stage.AskAsync(1000);
        Assert.Equal((1000, 1000), (Rule(stage, 0), Rule(stage, 1)));
        stage.Wait(130);
        Assert.Null((await stage.ObserveAsync()).Pending);

        // The controller writes the one rule after somebody has changed the other: the newest entry of the object's ledger is its own.
        PutTwoRules(stage, 90, 10, 100, 0, "kubectl-edit");
        stage.Wait();
        stage.Kube.Patch(MeshStage.Route, KubePatch.Json(MeshTools.Json(
            """
            {"all":[{"op":"add","path":"/spec/http/0/route/0/weight","value":9},{"op":"add","path":"/spec/http/0/route/1/weight","value":1}]}
            """)["all"]!.DeepClone().AsArray()), "trafficctl");
        var drift = (await stage.ObserveAsync()).Drift!;
        // Whose it was nobody can tell any more: it counts as a person's.
        Assert.Equal((DriftAnswer.Abort, "somebody unknown"), (drift.Answer, drift.Who));
        Assert.StartsWith($"{Admin}: the weights of", drift.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Istio, drift.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_of_them_are_restored_and_one_that_cannot_be_keeps_none_waiting()
    {
        await using var stage = await OpenAsync();
        await ReachAsync(stage, 2500);
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? KubeFault.Forbid(call) : null;
        var done = await new MeshRestore(stage.Parts).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Failed, done.Outcome);
        Assert.Contains($"{Istio} could not be restored", done.Words, StringComparison.Ordinal);
        Assert.Contains($"{Edge} sends everything to checkout-stable", done.Words, StringComparison.Ordinal);
        Assert.Equal((2500, 0), (stage.Share, EdgeShare(stage)));

        stage.Kube.Intercept = null;
        done = await new MeshRestore(stage.Parts).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal((RestoreOutcome.Restored, 0), (done.Outcome, stage.Share));
        Assert.Empty(await new KubeLedger(stage.Client, "trafficctl", stage.Clock).AllAsync(Stop));
    }

    /// <summary>Whatever fails when: no route is ever above the asked share, and all agree once nothing fails any more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_route_exceeds_what_is_asked_whatever_fails(int seed)
    {
        await using var stage = await OpenAsync();
        var random = new Random(seed);
        await ReachAsync(stage, 0);
        var (asked, allowed) = (0, 0);
        for (var round = 0; round < 120; round++)
        {
            var failing = random.Next(4) switch { 0 => "httproutes", 1 => "virtualservices", 2 => "configmaps", _ => "" };
            var isLost = random.Next(2) == 0;
            stage.Kube.Intercept = call => call.Verb == "patch" && call.Resource == failing
                ? isLost ? new KubeFault.LoseAnswer() : KubeFault.Forbid(call)
                : null;
            stage.Empty.Clear();
            if (random.Next(3) == 0) stage.Empty.Add("checkout-canary");
            if (random.Next(6) == 0) stage.Restart();
            var before = (stage.Share, EdgeShare(stage));
            asked = random.Next(3) == 0 ? 0 : Math.Min(10_000, asked + 500);
            // What could not be lowered stays until it can be.
            allowed = Math.Max(asked, Math.Max(before.Share, before.Item2));
            try
            {
                await stage.AskAsync(asked);
            }
            catch (MeshException)
            {
                // The next round asks again.
            }

            Assert.InRange(stage.Share, 0, Math.Max(asked, before.Share));
            Assert.InRange(EdgeShare(stage), 0, Math.Max(asked, before.Item2));
            if (stage.Empty.Count > 0)
            {
                Assert.True(stage.Share <= before.Share, $"round {round}: raised to {stage.Share} without an endpoint");
                Assert.True(EdgeShare(stage) <= before.Item2, $"round {round}: raised to {EdgeShare(stage)} without an endpoint");
            }

            stage.Wait();
        }

        Assert.InRange(allowed, 0, 10_000);
        stage.Kube.Intercept = null;
        stage.Empty.Clear();
        await stage.AskAsync(asked);
        Assert.Equal((asked, asked), (stage.Share, EdgeShare(stage)));
    }

    private static Wish Abort { get; } = new(
        0, Keys.Of("shop.checkout"), WishKind.Abort, null, "ann", "on fire", "test",
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static async Task<MeshStage> OpenAsync(bool isBoth = true)
    {
        var stage = await MeshStage.OpenAsync();
        stage.Kube.Register(HttpRoute);
        PutEdge(stage, 100, 0, "kubectl-apply");
        if (isBoth) stage.Target = Both(stage.Target!);
        return stage;
    }

    private static ClusterTarget Both(ClusterTarget target) =>
        target with { Also = [new(new("gateway-api", "edge", null), RouteMode.Patch)] };

    private static async Task ReachAsync(MeshStage stage, int basisPoints)
    {
        await stage.AskAsync(basisPoints);
        Accept(stage);
        stage.Wait(130);
        Assert.Null((await stage.ObserveAsync()).Pending);
    }

    private static void PutEdge(MeshStage stage, int stable, int candidate, string manager = "kubectl-edit") => stage.Kube.PutYaml(
        $$"""
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: edge, namespace: shop }
        spec:
          parentRefs: [{ name: public }]
          rules:
          - backendRefs:
            - { name: checkout-stable, port: 80, weight: {{stable}} }
            - { name: checkout-canary, port: 80, weight: {{candidate}} }
        """, manager);

    /// <summary>The gateway's controller looks at what is live now.</summary>
    private static void Accept(MeshStage stage, string status = "True", string reason = "Accepted")
    {
        var live = stage.Kube.Get(Name)!;
        var generation = live["metadata"]!["generation"]!.GetValue<long>();
        stage.Kube.Patch(Name, KubePatch.Merge(MeshTools.Json(
            $$$"""
            {"status":{"parents":[{"parentRef":{"name":"public"},"controllerName":"example.com/gateway","conditions":[
              {"type":"Accepted","status":"{{{status}}}","reason":"{{{reason}}}","message":"","observedGeneration":{{{generation}}}},
              {"type":"ResolvedRefs","status":"True","reason":"ResolvedRefs","message":"","observedGeneration":{{{generation}}}}]}]}}
            """)), "gateway", "status");
    }

    private static void PutTwoRules(
        MeshStage stage, int stable, int candidate, int otherStable, int otherCandidate,
        string manager = "kubectl-apply") => stage.Kube.PutYaml(
        $$$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: checkout, namespace: shop }
        spec:
          hosts: [checkout]
          http:
          - name: primary
            route: [{ destination: { host: checkout-stable }, weight: {{{stable}}} }, { destination: { host: checkout-canary }, weight: {{{candidate}}} }]
          - name: admin
            route: [{ destination: { host: checkout-stable }, weight: {{{otherStable}}} }, { destination: { host: checkout-canary }, weight: {{{otherCandidate}}} }]
        """, manager);

    private static int Rule(MeshStage stage, int index) =>
        Share(stage.Live["spec"]!["http"]![index]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));

    private static int EdgeShare(MeshStage stage) =>
        Share(stage.Kube.Get(Name)!["spec"]!["rules"]![0]!["backendRefs"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));

    private static int Share(IEnumerable<int> weights) => weights.ToImmutableArray() is var all ? all[1] * Weights.Total / all.Sum() : 0;

    private static KubeName Name => new(HttpRoute, "shop", "edge");
}
