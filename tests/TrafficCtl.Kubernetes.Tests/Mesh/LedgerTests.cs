using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>What was last written to routes, as several processes keep it one after the other.</summary>
public class LedgerTests
{
    private const string Service = "shop.checkout";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_former_leader_sent_changes_nothing_when_it_comes_late()
    {
        await using var stage = await MeshStage.OpenAsync();
        var (former, next) = (Ledger(stage), Ledger(stage));
        await former.SaveAsync(Service, stage.Target!, Entry(2), Stop);
        var late = new TaskCompletionSource();
        var sent = false;
        stage.Kube.Intercept = call => call.Verb == "patch" && !sent && (sent = true) ? new KubeFault.Hold(late.Task) : null;
        // The answer is never awaited: its process is gone.
        var writing = former.SaveAsync(Service, stage.Target!, Entry(3), Stop).AsTask();
        await Eventually.TrueAsync(() => sent, "the write is on the way");
        _ = await next.FindAsync(Service, stage.Target!, Stop);
        await next.SaveAsync(Service, stage.Target!, Entry(4), Stop);
        stage.Kube.Intercept = call => call.Verb == "get" ? new KubeFault.Drop() : null;
        late.SetResult();
        await Assert.ThrowsAsync<KubeException>(() => writing);
        stage.Kube.Intercept = null;
        Assert.Equal(4, (await Ledger(stage).FindAsync(Service, stage.Target!, Stop))!.Generation);
    }

    [Theory]
    [InlineData(TargetKey.DefaultTarget)]
    [InlineData("west")]
    public async Task An_abort_is_of_the_same_target_to_the_next_process(string target)
    {
        await using var stage = await MeshStage.OpenAsync();
        var abort = new Wish(
            0, new TargetKey(Service, "prod", target), WishKind.Abort, null, "ann", "on fire", "test", DateTimeOffset.UnixEpoch);
        await Ledger(stage).SaveAsync(Service, stage.Target!, Entry(2) with { Abort = abort }, Stop);
        Assert.Equal(abort, (await Ledger(stage).FindAsync(Service, stage.Target!, Stop))!.Abort);
    }

    [Fact]
    public async Task A_record_that_was_changed_or_whose_answer_was_lost_is_read_again_and_written_over()
    {
        await using var stage = await MeshStage.OpenAsync();
        var (one, other) = (Ledger(stage), Ledger(stage));
        await one.SaveAsync(Service, stage.Target!, Entry(2), Stop);
        await other.SaveAsync(Service, stage.Target!, Entry(3), Stop);
        await one.SaveAsync(Service, stage.Target!, Entry(4), Stop);
        stage.Kube.Intercept = call => call.Verb == "patch" ? new KubeFault.LoseAnswer() : null;
        await Assert.ThrowsAsync<KubeException>(async () => await one.SaveAsync(Service, stage.Target!, Entry(5), Stop));
        stage.Kube.Intercept = null;
        await one.SaveAsync(Service, stage.Target!, Entry(6), Stop);
        Assert.Equal(6, (await Ledger(stage).FindAsync(Service, stage.Target!, Stop))!.Generation);
        await one.RemoveAsync(Service, stage.Target!, Stop);
        Assert.Null(await Ledger(stage).FindAsync(Service, stage.Target!, Stop));
    }

    [Fact]
    public async Task Each_service_has_a_key_of_its_own_and_an_edited_one_says_nothing()
    {
        await using var stage = await MeshStage.OpenAsync();
        var ledger = Ledger(stage);
        for (var i = 0; i < 20; i++) await ledger.SaveAsync($"shop.s{i}", stage.Target!, Entry(i), Stop);
        Assert.Equal(20, (await ledger.AllAsync(Stop)).Length);
        for (var i = 0; i < 20; i++) Assert.Equal(i, (await Ledger(stage).FindAsync($"shop.s{i}", stage.Target!, Stop))!.Generation);
        var name = new KubeName(KubeKind.ConfigMap, "trafficctl", KubeLedger.Names[0]);
        stage.Kube.Patch(
            name, KubePatch.Merge(new() { ["data"] = new System.Text.Json.Nodes.JsonObject { ["shop.edited"] = "by hand" } }),
            "kubectl-edit");
        Assert.Equal(20, (await ledger.AllAsync(Stop)).Length);
    }

    private static KubeLedger Ledger(MeshStage stage) => new(stage.Client, "trafficctl", stage.Clock);

    private static LedgerEntry Entry(int generation) =>
        new("istio/checkout#primary", generation, null, SlotShares.Make([new SlotShare("checkout-stable", 10_000)]), null);
}
