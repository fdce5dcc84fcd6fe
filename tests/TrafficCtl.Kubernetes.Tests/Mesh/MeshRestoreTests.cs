using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class MeshRestoreTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Weights_that_still_say_what_was_written_go_back_to_stable()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal((RestoreOutcome.Restored, "istio/checkout#primary sends everything to checkout-stable"), (done.Outcome, done.Words));
        Assert.Equal(0, stage.Share);
        Assert.Equal(RestoreOutcome.Left, (await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop)).Outcome);
    }

    [Fact]
    public async Task Weights_of_somebody_elses_hand_are_left_and_told()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        stage.Put(60, 40);
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Left, done.Outcome);
        Assert.Contains("checkout-canary 40 %", done.Words, StringComparison.Ordinal);
        Assert.Equal(4000, stage.Share);
    }

    [Fact]
    public async Task What_was_never_written_is_left()
    {
        await using var stage = await MeshStage.OpenAsync(stable: 50, candidate: 50);
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Left, done.Outcome);
        Assert.Contains(
            "at checkout-canary 50 %, checkout-stable 50 %. Where that is a controller's work its record is in another namespace: give "
                + "--lease-namespace",
            done.Words, StringComparison.Ordinal);
        Assert.Equal(5000, stage.Share);
    }

    [Fact]
    public async Task All_traffic_goes_to_the_slot_that_runs_stable_wherever_that_is()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        await Restore(stage).RestoreAsync("shop.checkout", "v2", Stop);
        Assert.Equal(10_000, stage.Share);
    }

    [Fact]
    public async Task A_failure_is_told_and_the_next_service_is_not_kept_waiting()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? KubeFault.Forbid(call) : null;
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Failed, done.Outcome);
        Assert.Contains("Grant patch", done.Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_slot_that_cannot_take_it()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        stage.Target = stage.Target! with { Slots = [stage.Target.Slots[0] with { IsReady = false }, stage.Target.Slots[1]] };
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Failed, done.Outcome);
        Assert.Contains("scale it up", done.Words, StringComparison.Ordinal);
        Assert.Equal(2500, stage.Share);
    }

    [Fact]
    public async Task A_dry_run_says_the_same_and_writes_nothing()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        var writes = stage.Kube.Calls.Count(c => c.IsWrite);
        Assert.Equal(RestoreOutcome.Restored, (await Restore(stage).RestoreAsync("shop.checkout", "v1", isDryRun: true, Stop)).Outcome);
        Assert.Equal((2500, writes), (stage.Share, stage.Kube.Calls.Count(c => c.IsWrite)));
        Assert.Equal(
            new RememberedRoute("shop.checkout", "istio/checkout#primary", "checkout-canary 25 %, checkout-stable 75 %"),
            Assert.Single(await Restore(stage).RememberedAsync(Stop)));
    }

    [Theory]
    [InlineData("checkout", true)]
    [InlineData("checkout-stable", false)]
    public async Task A_split_of_our_own_goes_only_where_that_moves_no_traffic(string stable, bool isDeleted)
    {
        await using var stage = await MeshStage.OpenAsync();
        var split = new TrafficCtl.Kubernetes.KubeKind("split.smi-spec.io", "v1alpha4", "trafficsplits", "TrafficSplit");
        stage.Kube.Register(split);
        var target = MeshTools.Target("smi", null, RouteMode.Owned);
        stage.Target = target with { Slots = [target.Slots[0] with { Service = stable }, target.Slots[1]] };
        await stage.AskAsync(2500);
        var name = new TrafficCtl.Kubernetes.KubeName(split, "shop", "checkout");
        Assert.Equal(25, stage.Kube.Get(name)!["spec"]!["backends"]![1]!["weight"]!.GetValue<int>());
        var done = await Restore(stage).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Restored, done.Outcome);
        Assert.Equal(isDeleted, stage.Kube.Get(name) is null);
        if (!isDeleted) Assert.Equal(100, stage.Kube.Get(name)!["spec"]!["backends"]![0]!["weight"]!.GetValue<int>());
    }

    private static MeshRestore Restore(MeshStage stage) => new(stage.Parts);
}
