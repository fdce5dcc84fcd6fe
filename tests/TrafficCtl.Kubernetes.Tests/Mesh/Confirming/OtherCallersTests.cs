using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Confirming;

/// <summary>Rollouts of a service whose slots others use too: by other rules, by other routes, and by calling them.</summary>
public sealed class OtherCallersTests
{
    private const string Testers =
        """
        - name: testers
            match: [{ headers: { x-tester: { exact: "1" } } }]
            route: [{ destination: { host: checkout-canary } }]
        """;

    private const string Admin =
        """
        - name: admin
            match: [{ uri: { prefix: /admin } }]
            route: [{ destination: { host: checkout-stable } }]
        """;

    [Fact]
    public async Task Requests_that_contradict_are_never_taken_for_none_and_the_rollout_pauses_with_the_numbers()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 10);
        stage.Managed = 2022;
        await StartAsync(stage, s => s.Phase is Phase.Shifting);
        // Somebody begins to call the candidate's Service past the route: 202 + 637 of 2659.
        stage.Others.Add(new Caller(null, ShareStage.Canary, 637));
        await stage.UntilAsync(() => stage.Words.Contains("839 of 2,659 (31.6 %)", StringComparison.Ordinal), 3);
        Assert.Contains("no other rule is known to send to checkout-stable or checkout-canary", stage.Words, StringComparison.Ordinal);
        await stage.MinutesAsync(5);
        Assert.IsType<Phase.Shifting>(stage.Phase);

        await stage.UntilAsync(() => stage.Phase is Phase.Paused, 6);
        var paused = Assert.IsType<Phase.Paused>(stage.Phase);
        Assert.Equal(PauseCause.Unconfirmed, paused.Cause);
        Assert.Contains("nothing has confirmed for 10 min that 10 % is in force", paused.Why, StringComparison.Ordinal);
        Assert.Contains("839 of 2,659 (31.6 %) went to the candidate, and 10 % is asked", paused.Why, StringComparison.Ordinal);
        Assert.DoesNotContain("no request was seen", stage.Story, StringComparison.Ordinal);

        // Who takes that on goes on.
        await stage.AskAsync(WishKind.Promote);
        Assert.Equal(new Phase.Shifting(1), stage.Phase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Callers_of_the_candidate_that_were_there_before_are_measured_then_and_hold_no_step_and_no_rollback(bool isRule)
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(isRule ? Testers : ""), 10, 50);
        stage.Others.Add(new Caller(null, ShareStage.Canary, 600));
        await StartAsync(stage, s => s.Phase is Phase.Observing { Step: 0 });
        Assert.Contains(
            isRule ? "another rule of VirtualService shop/checkout (testers) sends to checkout-canary too"
                : "went to the candidate while it was given nothing, so others send to checkout-canary",
            stage.Words, StringComparison.Ordinal);
        await stage.UntilAsync(() => stage.Phase is Phase.Observing { Step: 1 });

        await stage.AskAsync(WishKind.Abort);
        Assert.IsType<Phase.RollingBack>(stage.Phase);
        await stage.UntilAsync(() => stage.Phase is Phase.Aborted, 4);
        Assert.DoesNotContain("no request was seen", stage.Story, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_keeps_sending_to_stable_does_not_hold_a_rollout_at_100_for_ever()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(Admin), 10, 95);
        stage.Others.Add(new Caller(null, ShareStage.Stable, 839));
        await StartAsync(stage, s => s.Phase is Phase.Baking);
        Assert.Contains("839 of the newest 2,839 requests still went to stable, which is to take none; "
            + "another rule of VirtualService shop/checkout (admin) sends to checkout-stable too", stage.Words, StringComparison.Ordinal);
        await stage.UntilAsync(() => stage.Phase is Phase.Good);
    }

    [Fact]
    public async Task Unknown_callers_of_stable_pause_a_rollout_at_100_until_somebody_vouches_for_it()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 95);
        await StartAsync(stage, s => s.Phase is Phase.Shifting { Step: 1 });
        stage.Others.Add(new Caller(null, ShareStage.Stable, 839));
        await stage.UntilAsync(() => stage.Phase is Phase.Paused { Cause: PauseCause.Unconfirmed }, 12);
        Assert.Contains("that 100 % is in force", ((Phase.Paused)stage.Phase).Why, StringComparison.Ordinal);
        await stage.AskAsync(WishKind.Promote);
        Assert.IsType<Phase.Baking>(stage.Phase);
    }

    /// <summary>They show in the step before, so the last one expects them.</summary>
    [Fact]
    public async Task Callers_of_stable_that_the_step_before_showed_are_expected_at_100()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 50);
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        stage.Others.Add(new Caller(null, ShareStage.Stable, 300));
        await stage.AskAsync(WishKind.Pause);
        await stage.MinutesAsync(12);
        await stage.AskAsync(WishKind.Resume);
        await stage.UntilAsync(() => stage.Phase is Phase.Baking, 8);
        Assert.Contains("at 50 %, so others send to checkout-stable", stage.Words, StringComparison.Ordinal);
    }

    /// <summary>A candidate that gets nothing has no series: that its metrics may be missing confirms nothing either.</summary>
    [Fact]
    public async Task A_mesh_that_does_not_obey_at_all_confirms_nothing()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 10);
        stage.Obeys = 0;
        await StartAsync(stage, s => s.Phase is Phase.Shifting);
        await stage.UntilAsync(() => stage.Phase is Phase.Paused, 12);
        var why = ((Phase.Paused)stage.Phase).Why;
        Assert.Contains("0 of 2,000 (0 %) went to the candidate, and 10 % is asked", why, StringComparison.Ordinal);
    }

    /// <summary>A rollback does not hang on who else sends to the candidate, and does not hide it.</summary>
    [Fact]
    public async Task A_rollback_ends_after_ten_minutes_although_unknown_callers_stay_and_says_so()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 10);
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        stage.Others.Add(new Caller(null, ShareStage.Canary, 637));
        await stage.AskAsync(WishKind.Abort);
        await stage.MinutesAsync(9);
        Assert.IsType<Phase.RollingBack>(stage.Phase);
        Assert.Contains("still went to candidate, which is to take none", stage.Words, StringComparison.Ordinal);
        await stage.UntilAsync(() => stage.Phase is Phase.Aborted, 2);
        Assert.Contains("ago, so these count as requests of others", stage.Story, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_that_the_mesh_does_not_obey_is_not_explained_by_a_rule_that_takes_some_requests()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(Testers), 50);
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        await stage.AskAsync(WishKind.Pause);
        await stage.MinutesAsync(2);
        stage.Obeys = 0.5;
        await stage.AskAsync(WishKind.Abort);
        await stage.MinutesAsync(9);
        Assert.IsType<Phase.RollingBack>(stage.Phase);
    }

    /// <summary>The root Service selects the stable pods too: whoever calls it past the route is counted under its name.</summary>
    [Fact]
    public async Task Istio_tells_callers_of_the_root_Service_from_the_managed_rule()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Istio(), 10);
        stage.Others.Add(new Caller("root", ShareStage.Stable, 5_000));
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        Assert.Equal("", stage.Words);
        await stage.UntilAsync(() => stage.Phase is Phase.Good);
    }

    /// <summary>Linkerd names the route, so only rules of the same one are counted with the managed rule.</summary>
    [Fact]
    public async Task Linkerd_tells_other_routes_from_the_managed_one_and_the_reason_names_a_rule_of_the_same()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Gateway("linkerd", Beside), 10);
        stage.Others.Add(new Caller("admin", ShareStage.Stable, 5_000));
        stage.Others.Add(new Caller("checkout", ShareStage.Canary, 600));
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        Assert.Contains("(30.8 %) went to the candidate, and 10 % is asked", stage.Words, StringComparison.Ordinal);

        await stage.AskAsync(WishKind.Abort);
        await stage.UntilAsync(() => stage.Phase is Phase.Aborted, 4);
        Assert.Contains(
            "another rule of HTTPRoute shop/checkout (testers) sends to checkout-canary too", stage.Story, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTPRoute shop/admin", stage.Story, StringComparison.Ordinal);
    }

    /// <summary>Envoy Gateway names the rule. The backends of another rule are others, whatever their number.</summary>
    [Fact]
    public async Task Envoy_Gateway_tells_every_other_rule_from_the_managed_one()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Gateway("envoy-gateway"), 10);
        stage.Others.Add(new Caller("checkout/rule/0", ShareStage.Canary, 5_000));
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        Assert.Equal("", stage.Words);
        await stage.UntilAsync(() => stage.Phase is Phase.Good);
    }

    [Fact]
    public async Task A_TrafficSplit_beside_the_managed_one_is_named()
    {
        await using var stage = await ShareStage.OpenAsync(FakeMesh.Smi(
            """
            apiVersion: split.smi-spec.io/v1alpha2
            kind: TrafficSplit
            metadata: { name: preview, namespace: shop }
            spec: { service: preview, backends: [{ service: checkout-canary, weight: 1 }] }
            """), 10);
        stage.Others.Add(new Caller(null, ShareStage.Canary, 600));
        await StartAsync(stage, s => s.Phase is Phase.Observing);
        Assert.Contains("TrafficSplit shop/preview sends to checkout-canary too", stage.Words, StringComparison.Ordinal);
    }

    private const string Beside =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: admin, namespace: shop }
        spec:
          parentRefs: [{ group: "", kind: Service, name: admin }]
          rules: [{ backendRefs: [{ name: checkout-stable, port: 80 }] }]
        """;

    /// <summary>Four minutes without a rollout, then one until it is so.</summary>
    private static async Task StartAsync(ShareStage stage, Func<ShareStage, bool> until)
    {
        await stage.MinutesAsync(4);
        stage.Begin();
        await stage.UntilAsync(() => stage.View.Newest is not null && until(stage));
    }
}
