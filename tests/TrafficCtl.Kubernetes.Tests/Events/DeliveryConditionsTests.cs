using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Kubernetes.Tests.Events;

public sealed class DeliveryConditionsTests : IDisposable
{
    private readonly MemoryCluster kube = new();
    private readonly Explorer explorer;
    private readonly Teller told = new();
    private readonly DeliveryConditions conditions;
    private RouterStatus? router;
    private string? routeTrouble, metricTrouble;
    private bool isActive;
    private RolloutState? newest;
    private Phase phase = new Phase.Waiting("a probe");

    public DeliveryConditionsTests()
    {
        Shop.PutPair(kube);
        Shop.PutRecord(kube, "checkout", "v1");
        explorer = new Explorer(kube);
        conditions = new DeliveryConditions(
            new ClusterLink(kube, kube, () => true), () => explorer.Discovery.Services, _ => View(), told, explorer.Clock,
            NullLogger<DeliveryConditions>.Instance);
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
    public async Task What_serves_without_an_endpoint_or_was_changed_in_place_is_not_ready_and_says_what_to_do()
    {
        Shop.PutSlot(kube, "checkout-canary", "v2");
        kube.Edit(Shop.Delivery("checkout"), d => (d["status"]!["stable"], d["status"]!["phase"]) = ("v1", "Good"));
        kube.Edit(Shop.Delivery("checkout"), d => d["status"]!["record"]!["lastGood"] = explorer.Read().Stable);
        await WriteAsync();
        Assert.Equal(("True", "True"), (Condition("Serving")!["status"]!.ToString(), Condition("Ready")!["status"]!.ToString()));

        Shop.PutEndpoints(kube, "checkout-stable", 0);
        await WriteAsync();
        Assert.Equal(("False", "NoEndpoints"), (Condition("Ready")!["status"]!.ToString(), Condition("Ready")!["reason"]!.ToString()));
        Assert.Contains("none of them is ready", Condition("Serving")!["message"]!.ToString(), StringComparison.Ordinal);

        Shop.PutEndpoints(kube, "checkout-stable", 2);
        Shop.PutImage(kube, "checkout-stable", "checkout:v9");
        await WriteAsync();
        Assert.Equal(("False", "ChangedInPlace"), (Condition("Ready")!["status"]!.ToString(), Condition("Ready")!["reason"]!.ToString()));
        Assert.Contains("rollout undo deployment/checkout-stable", Condition("Ready")!["message"]!.ToString(), StringComparison.Ordinal);

        Shop.PutImage(kube, "checkout-stable", "ghcr.io/acme/checkout:v1");
        await WriteAsync();
        Assert.Equal(("True", "True"), (Condition("Serving")!["status"]!.ToString(), Condition("Ready")!["status"]!.ToString()));
    }

    [Fact]
    public async Task A_service_that_nothing_declares_any_more_is_not_ready()
    {
        kube.Edit(Shop.Delivery("checkout"), d => (d["status"]!["stable"], d["status"]!["phase"]) = ("v1", "Observing"));
        await WriteAsync();
        kube.Remove(Shop.Service("checkout"));
        await WriteAsync();
        Assert.Equal(("False", "NotDeclared"), (Condition("Ready")!["status"]!.ToString(), Condition("Ready")!["reason"]!.ToString()));
        Shop.PutService(kube, "checkout", "checkout", ("enabled", "true"), ("route", "checkout"));
        await WriteAsync();
        Assert.Equal(("False", "Observing"), (Condition("Ready")!["status"]!.ToString(), Condition("Ready")!["reason"]!.ToString()));
    }

    [Fact]
    public async Task The_weight_is_the_one_in_force_and_whose_it_is_while_somebody_elses_split_is_left_alone()
    {
        (isActive, phase) = (true, new Phase.Observing(0, At, At));
        kube.Edit(Shop.Delivery("checkout"), d => d["status"]!["weight"] = "5 %");
        var route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 3, "v1");
        var health = new ArmHealth(1, 1, 1, null);
        var asked = Storage().ToString();
        router = new RouterStatus(route, route.Exposure, health, health, null)
        {
            Drift = new Drift(Weights.OfCandidate(4000), "kubectl-edit (Update)", null, DriftAnswer.Pause, "changed"),
        };
        await WriteAsync();
        Assert.StartsWith("40 % (by kubectl-edit (Update); ", Weight(), StringComparison.Ordinal);

        router = router with { Drift = null };
        await WriteAsync();
        Assert.Equal(asked, Weight());

        string Weight() => kube.Get(Shop.Delivery("checkout"))!["status"]!["weight"]!.ToString();
        Exposure Storage() => Exposures.For(State(1, 1, phase).Plan, phase);
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

        var route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 3, "v1");
        var health = new ArmHealth(1, 1, 1, null);
        router = new RouterStatus(route, route.Exposure, health, health, null);
        await WriteAsync();
        Assert.Equal(("False", "True"), (Condition("Drifted")!["status"]!.ToString(), Condition("RouteResolved")!["status"]!.ToString()));

        router = router with
        {
            Drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, DriftAnswer.Abort, "weights changed from 90/10 to 100/0"),
        };
        await WriteAsync();
        Assert.Equal(("True", "TakenAsAbort"), (Condition("Drifted")!["status"]!.ToString(), Condition("Drifted")!["reason"]!.ToString()));
        Assert.Equal("True", Condition("RouteResolved")!["status"]!.ToString());

        router = router with { Drift = new Drift(null, "argocd-controller (Apply)", null, DriftAnswer.Pause, "rule primary is gone") };
        await WriteAsync();
        Assert.Equal(
            ("False", "rule primary is gone"),
            (Condition("RouteResolved")!["status"]!.ToString(), Condition("RouteResolved")!["message"]!.ToString()));
    }

    [Theory]
    [InlineData(DriftAnswer.Correct, "Corrected")]
    [InlineData(DriftAnswer.Pause, "Paused")]
    [InlineData(DriftAnswer.Adopt, "Adopted")]
    [InlineData(DriftAnswer.Abort, "TakenAsAbort")]
    public async Task Each_answer_to_a_drift_has_a_word(DriftAnswer answer, string word)
    {
        var route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 3, "v1");
        var health = new ArmHealth(1, 1, 1, null);
        router = new RouterStatus(route, route.Exposure, health, health, null)
        {
            Drift = new Drift(Weights.AllStable, "kubectl-edit (Update)", null, answer, "changed"),
        };
        await WriteAsync();
        Assert.Equal(word, Condition("Drifted")!["reason"]!.ToString());
    }

    [Fact]
    public async Task A_route_that_cannot_be_used_shows_and_is_told_once_it_has_lasted()
    {
        routeTrouble = "VirtualService shop/checkout has no rule named primry, only primary";
        await WriteAsync();
        explorer.Clock.Set(TimeSpan.FromDays(1));
        await WriteAsync();
        Assert.Null(Condition("RouteResolved"));
        explorer.Clock.Set(TimeSpan.FromHours(-25));
        explorer.Clock.Advance(LastingTroubles.OfRoute);
        await WriteAsync();
        await WriteAsync();
        Assert.Equal(
            ("False", routeTrouble),
            (Condition("RouteResolved")!["status"]!.ToString(), Condition("RouteResolved")!["message"]!.ToString()));
        Assert.Equal([$"RouteUnresolved: the split stays as it is: {routeTrouble}"], told.Words);

        routeTrouble = null;
        var route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 3, "v1");
        router = new RouterStatus(route, route.Exposure, default, default, null);
        await WriteAsync();
        Assert.Equal("True", Condition("RouteResolved")!["status"]!.ToString());
    }

    [Fact]
    public async Task A_rollout_that_cannot_be_measured_shows_it_and_is_written_once_though_the_words_change()
    {
        metricTrouble = "Prometheus does not answer (1)";
        await WriteAsync();
        explorer.Clock.Advance(LastingTroubles.OfMeasuring);
        await WriteAsync();
        Assert.Null(Condition("Measured")); // Nobody waits for it.

        isActive = true;
        await WriteAsync();
        Assert.Equal("True", Condition("Measured")!["status"]!.ToString());
        explorer.Clock.Advance(LastingTroubles.OfMeasuring);
        await WriteAsync();
        var writes = kube.Writes.Count;
        metricTrouble = "Prometheus does not answer (2)";
        await WriteAsync();
        Assert.Equal(
            ("False", "Prometheus does not answer (1)"),
            (Condition("Measured")!["status"]!.ToString(), Condition("Measured")!["message"]!.ToString()));
        Assert.Equal(writes, kube.Writes.Count);
        Assert.Equal(["Unmeasured: the rollout holds: Prometheus does not answer (1)"], told.Words);

        isActive = false;
        await WriteAsync();
        Assert.Null(Condition("Measured"));
    }

    [Theory]
    [InlineData(
        "annotations", "argocd.argoproj.io/tracking-id", "till:apps/Deployment:shop/checkout-canary", "by Argo CD Application till",
        "argocd app set till --sync-policy none")]
    [InlineData("labels", "app.kubernetes.io/instance", "till", null, "there again, or a newer version")]
    public async Task A_version_that_was_taken_back_is_told_while_Git_still_wants_it(
        string map, string key, string value, string? owner, string command)
    {
        Deploy("v2");
        kube.Edit(Shop.Deployment("checkout-canary"), d => d["metadata"]![map] = new JsonObject { [key] = value });
        kube.Edit(Shop.Delivery("checkout"), d => (d["status"]!["stable"], d["status"]!["phase"]) = ("v1", "Aborted"));
        newest = Newest(new Phase.Aborted("aborted at 10 % by ann (500s)"));
        await WriteAsync();
        await WriteAsync();

        var rejected = Condition("Rejected")!;
        Assert.Equal(
            ("True", owner is null ? "StillDeployed" : "GitStillWants"), (rejected["status"]!.ToString(), rejected["reason"]!.ToString()));
        var text = rejected["message"]!.ToString();
        Assert.StartsWith(
            $"{newest.Candidate} was taken back (aborted at 10 % by ann (500s)), and Deployment shop/checkout-canary still runs it.", text,
            StringComparison.Ordinal);
        Assert.Contains(command, text, StringComparison.Ordinal);
        Assert.Equal(owner is null ? [] : [$"GitStillWants: {text}", $"GitStillWants: {text}"], told.Words);
        if (owner is not null) Assert.Contains(
            $"Git still wants it, {owner}. Revert it in Git: git log -S 'v2' finds the commit", text, StringComparison.Ordinal);
        Assert.Equal(("False", "True"), (Condition("Ready")!["status"]!.ToString(), Condition("Stalled")!["status"]!.ToString()));
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(text), 1, EventObject.LongestNote);

        // Another leader finds it said.
        var next = new DeliveryConditions(
            new ClusterLink(kube, kube, () => true), () => explorer.Discovery.Services, _ => View(), told, explorer.Clock,
            NullLogger<DeliveryConditions>.Instance);
        await next.WriteAsync(CancellationToken.None);
        Assert.Equal(owner is null ? 0 : 2, told.Words.Count);

        Deploy("v1");
        await WriteAsync();
        Assert.Equal(("False", "Withdrawn"), (Condition("Rejected")!["status"]!.ToString(), Condition("Rejected")!["reason"]!.ToString()));
        Assert.Equal(("True", "False", "False"), (
            Condition("Ready")!["status"]!.ToString(), Condition("Stalled")!["status"]!.ToString(),
            Condition("Reconciling")!["status"]!.ToString()));

        void Deploy(string version) => Shop.PutImage(kube, "checkout-canary", $"ghcr.io/acme/checkout:{version}");
    }

    [Fact]
    public async Task An_edit_of_the_declaration_counts_as_looked_at_after_a_pass()
    {
        await WriteAsync();
        kube.Edit(Shop.Delivery("checkout"), d => d["spec"]!["revisionHistoryLimit"] = 3);
        await WriteAsync();
        var delivery = kube.Get(Shop.Delivery("checkout"))!;
        Assert.Equal(delivery["metadata"]!["generation"]!.ToString(), delivery["status"]!["observedGeneration"]!.ToString());
    }

    [Fact]
    public async Task A_split_that_nothing_confirms_shows_the_cause_as_it_began_until_it_is_in_force()
    {
        (isActive, phase) = (true, new Phase.Shifting(0));
        Wait("839 of 2,659 (31.6 %) went to the candidate, and 10 % is asked");
        await WriteAsync();
        Assert.Null(Condition("Confirmed"));
        explorer.Clock.Advance(LastingTroubles.OfConfirming);
        await WriteAsync();
        Wait("845 of 2,680 (31.5 %) went to the candidate, and 10 % is asked");
        phase = new Phase.Paused(phase, PauseCause.Unconfirmed, "", At);
        await WriteAsync();
        Assert.Equal(
            ("False", "Unconfirmed", "839 of 2,659 (31.6 %) went to the candidate, and 10 % is asked"),
            (Text("status"), Text("reason"), Text("message")));
        Assert.Equal(["Unconfirmed: the rollout waits: 839 of 2,659 (31.6 %) went to the candidate, and 10 % is asked"], told.Words);

        router = router! with { WaitsFor = null };
        await WriteAsync();
        Assert.Null(Condition("Confirmed"));
    }

    [Fact]
    public async Task A_service_that_nobody_declares_any_more_says_so()
    {
        await WriteAsync();
        kube.Edit(Shop.Service("checkout"), s => s["metadata"]!["annotations"]!.AsObject().Clear());
        await WriteAsync();
        Assert.Equal(("False", "NotDeclared"), Accepted());
    }

    [Fact]
    public async Task One_that_may_not_be_written_does_not_keep_the_others_waiting()
    {
        Shop.PutPair(kube, "basket");
        Shop.PutRecord(kube, "basket", "v1");
        kube.Fault = w => w.Contains("basket", StringComparison.Ordinal)
            ? new KubeException("not yours", HttpStatusCode.Forbidden, "Forbidden")
            : null;
        await WriteAsync();
        Assert.Equal(("True", "Valid"), Accepted());
    }

    public void Dispose() => explorer.Dispose();

    private void Wait(string why)
    {
        var route = ServiceRoute.Idle(Keys.Of("shop.checkout"), 3, "v1");
        router = new RouterStatus(route, route.Exposure, default, default, null) { WaitsFor = why };
    }

    private async Task WriteAsync()
    {
        explorer.Discovery.Read();
        await conditions.WriteAsync(CancellationToken.None);
    }

    private ServiceView View() => new(
        null!, Birth().Record with { Active = isActive ? State(1, 1, phase) : null }, isActive ? State(1, 1, phase) : newest, null, null,
        router, default, default, [], At)
    {
        RouteTrouble = routeTrouble,
        MetricTrouble = metricTrouble,
    };

    /// <summary>A rollout of what runs behind the canary now.</summary>
    private RolloutState Newest(Phase ended)
    {
        explorer.Discovery.Read();
        var slots = explorer.Discovery.Services.All.Single().Spec!.Cluster!.Slots;
        return State(1, 1, ended) with { Stable = slots[0].Version!, Candidate = slots[1].Version! };
    }

    private JsonNode? Condition(string type = "Accepted") =>
        kube.Get(Shop.Delivery("checkout"))!["status"]!["conditions"]?.AsArray().SingleOrDefault(c => c!["type"]!.ToString() == type);

    private string Text(string member) => Condition("Confirmed")![member]!.ToString();

    private (string, string) Accepted() => (Condition()!["status"]!.ToString(), Condition()!["reason"]!.ToString());

    private sealed class Teller : IEventRecorder
    {
        public List<string> Words { get; } = [];

        public void Record(ObjectEvent told) => Words.Add($"{told.Reason}: {told.Note}");
    }
}
