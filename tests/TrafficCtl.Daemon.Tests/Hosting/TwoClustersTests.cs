using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Daemon.Tests.Hosting.TwoClusters;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>
/// One process drives one service behind three listeners and in two clusters; whatever happens to one cluster stops nothing else.
/// </summary>
public sealed class TwoClustersTests
{
    [Fact]
    public async Task Five_rollouts_of_one_service_run_side_by_side_and_each_is_told_apart()
    {
        await using var stage = await StartAsync();
        await using var host = await DaemonHost.StartAsync(stage.Options, default);
        await stage.BeginAsync(host);

        TargetKey[] keys = [East, North, South, West, Test];
        Assert.Equal(keys, host.Views.All.Select(v => v.Key));
        var listed = (await stage.GetAsync(host, "v1/services"))["services"]!.AsArray();
        Assert.Equal(
            ["prod/east", "prod/north", "prod/south", "prod/west", "test/"], listed.Select(s => $"{s!["environment"]}/{s["target"]}"));
        var metrics = await stage.TextAsync(host, "metrics");
        foreach (var key in keys)
        {
            var id = RolloutState.IdOf(key, 1);
            Assert.Equal(id, (string)(await stage.GetAsync(host, PathOf(key)))["rollout"]!["id"]!);
            var why = await stage.TextAsync(host, $"{PathOf(key)}/why");
            Assert.Contains(id, why, StringComparison.Ordinal);
            Assert.All(keys.Where(k => k != key), other =>
                Assert.DoesNotContain(RolloutState.IdOf(other, 1), why, StringComparison.Ordinal));
            Assert.Contains(
                $"trafficctl_rollout_phase{{service=\"{Service}\",environment=\"{key.Environment}\",target=\"{key.Target}\","
                + "phase=\"Observing\"} 1\n",
                metrics, StringComparison.Ordinal);
        }

        Assert.Contains("trafficctl_leader 1\n", metrics, StringComparison.Ordinal);
        foreach (var name in new[] { "east", "west" })
            Assert.Contains($"trafficctl_cluster_leader{{cluster=\"{name}\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Equal("ready\n", await stage.TextAsync(host, "readyz"));

        // An order in one cluster reaches no other target.
        Assert.True((bool)(await stage.WishAsync(host, West, "abort"))["accepted"]!);
        await Eventually.TrueAsync(() => stage.InWest.Weight?.Candidate == 0, "the mesh of west sends everything to stable");
        await Eventually.TrueAsync(() => host.Views.Find(West) is { Record.Active: null }, "the rollout in west is over");
        Assert.Equal(3_000, stage.InEast.Weight?.Candidate);
        Assert.Equal(4, host.Views.All.Count(v => v.Record?.Active is not null));
    }

    [Fact]
    public async Task Rollouts_under_way_go_on_after_a_restart_at_the_same_split_in_each()
    {
        await using var stage = await StartAsync();
        await using (var host = await DaemonHost.StartAsync(stage.Options, default))
        {
            await stage.BeginAsync(host);
            await host.StopAsync(default);
        }

        await using var again = await DaemonHost.StartAsync(stage.Options, default);
        await Eventually.TrueAsync(
            () => again.Views.All.Length == 5 && again.Views.All.All(v => v.Record?.Active is { Number: 1, Phase: Phase.Observing }),
            "each goes on", () => stage.Standing(again));
        await Eventually.TrueAsync(
            () => new[] { East, West }.All(k => again.Views.Find(k)?.Router?.EffectiveExposure.General.Candidate == 3_000),
            "the meshes were asked", () => stage.Standing(again));
        Assert.Equal((3_000, 3_000), (stage.InEast.Weight?.Candidate, stage.InWest.Weight?.Candidate));
        Assert.All(
            new[] { Test, North, South }, k => Assert.Equal(5_000, again.Views.Find(k)!.Router!.EffectiveExposure.General.Candidate));
    }

    [Fact]
    public async Task A_cluster_that_is_away_at_the_start_is_named_and_driven_once_it_answers_and_nothing_waits_for_it()
    {
        await using var stage = await StartAsync();
        stage.OfWest.Kube.Intercept = static _ => new KubeFault.Drop();
        await using var host = await DaemonHost.StartAsync(stage.Options, default);

        await stage.KnownAsync(host, East);
        await Eventually.TrueAsync(() => host.Views.Find(North)?.Record?.Active is { Phase: Phase.Observing }, "the files' rollouts go on");
        const string Says = "the cluster west is not driven here: ";
        await Eventually.TrueAsync(
            () => IsSaid(host, North, Says),
            "it is said", () => stage.Standing(host));
        var ready = await stage.TextAsync(host, "readyz");
        Assert.StartsWith("ready\n", ready, StringComparison.Ordinal);
        Assert.Contains($"note: {Says}", ready, StringComparison.Ordinal);
        Assert.Contains(Says, await stage.TextAsync(host, PathOf(West)), StringComparison.Ordinal);
        var metrics = await stage.TextAsync(host, "metrics");
        Assert.Contains("trafficctl_cluster_leader{cluster=\"west\"} 0\n", metrics, StringComparison.Ordinal);

        stage.OfWest.Kube.Intercept = null;
        await stage.KnownAsync(host, West);
        await Eventually.TrueAsync(
            () => !IsSaid(host, North, Says), "nothing is said any more");
    }

    [Fact]
    public async Task A_cluster_that_goes_away_keeps_its_split_and_holds_up_no_other_target()
    {
        await using var stage = await StartAsync();
        await using var host = await DaemonHost.StartAsync(stage.Options, default);
        await stage.BeginAsync(host);

        // It takes requests and answers none.
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.OfWest.Kube.Intercept = _ => new KubeFault.Hold(back.Task);
        foreach (var key in new[] { East, North }) await stage.WishAsync(host, key, "promote-full");
        await Eventually.TrueAsync(() => stage.InEast.Weight?.Candidate == 10_000, "east goes on", () => stage.Standing(host));
        await Eventually.TrueAsync(
            () => host.Views.Find(North)?.Router?.EffectiveExposure.General.Candidate == 10_000,
            "north goes on", () => stage.Standing(host));
        await Eventually.TrueAsync(
            () => IsSaid(host, North, "the cluster west is not driven here: "),
            "it is said", () => stage.Standing(host));
        Assert.Equal(3_000, stage.InWest.Weight?.Candidate);

        stage.OfWest.Kube.Intercept = null;
        back.SetResult();
        await Eventually.TrueAsync(
            () => host.Views.Find(West)?.Record?.Active is { Number: 1, Phase: Phase.Observing },
            "west goes on", () => stage.Standing(host));
        Assert.Equal(3_000, stage.InWest.Weight?.Candidate);
    }

    [Fact]
    public async Task A_cluster_whose_Lease_another_process_holds_waits_and_the_others_do_not()
    {
        await using var stage = await StartAsync();
        var other = await stage.OfWest.ControlAsync("other");
        await Eventually.TrueAsync(() => other.IsLeading, "another process leads in west");
        await using var host = await DaemonHost.StartAsync(stage.Options, default);

        await stage.KnownAsync(host, East);
        await Eventually.TrueAsync(
            () => host.Views.Find(East)!.Warnings.Any(
                w => w.StartsWith(
                    "the services of the cluster west (1) are not driven here: other holds the Lease", StringComparison.Ordinal)),
            "it is said who leads there", () => stage.Standing(host));
        Assert.Null(host.Views.Find(West));

        await other.DisposeAsync();
        await stage.KnownAsync(host, West);
    }

    [Fact]
    public async Task A_cluster_whose_Prometheus_is_gone_is_unknown_and_the_others_are_measured()
    {
        await using var stage = await StartAsync();
        var west = Named("west", stage.OfWest) with { Prometheus = new ClusterPrometheus(new Uri("http://127.0.0.1:9")) };
        await using var host = await DaemonHost.StartAsync(stage.With(Named("east", stage.OfEast), west), default);
        await stage.KnownAsync(host, East);
        await stage.KnownAsync(host, West);
        stage.InEast.Deploy("v2");
        stage.InWest.Deploy("v2");

        await Eventually.TrueAsync(
            () => host.Views.Find(East) is { MetricTrouble: null, SampledAt: not null, Candidate.Requests: > 0 },
            "east is measured", () => stage.Standing(host));
        await Eventually.TrueAsync(
            () => host.Views.Find(West)?.MetricTrouble?.Contains("127.0.0.1:9", StringComparison.Ordinal) == true,
            "it is said of west", () => stage.Standing(host));
        // Nothing is measured, so no user is sent to its candidate.
        Assert.Equal(0, stage.InWest.Weight?.Candidate);
    }

    [Fact]
    public async Task Two_names_of_one_API_server_are_driven_once_and_it_is_said()
    {
        await using var stage = await StartAsync();
        var again = Named("again", stage.OfEast);
        var byName = again.Access! with { Server = new UriBuilder(again.Access.Server) { Host = "localhost" }.Uri };
        var metrics = again.Prometheus with { Selector = "cluster=\"again\"" };
        var options = stage.With(
            Named("east", stage.OfEast), again with { Access = byName, LeaseNamespace = "elsewhere", Prometheus = metrics });
        await using var host = await DaemonHost.StartAsync(options, default);

        await stage.KnownAsync(host, East);
        await Eventually.TrueAsync(
            () => host.Views.Find(East)!.Warnings.Any(
                w => w.StartsWith("the cluster again is the API server of the cluster east too", StringComparison.Ordinal)),
            "it is said", () => stage.Standing(host));
        Assert.Null(host.Views.Find(new TargetKey(Service, "prod", "again")));
        Assert.DoesNotContain(stage.OfEast.Kube.Calls, c => c.Namespace == "elsewhere" && c.IsWrite);
    }

    [Fact]
    public async Task A_target_that_the_files_and_a_cluster_both_declare_stays_with_the_files_and_is_reported()
    {
        await using var stage = await StartAsync();
        stage.Deliver("prod east");
        await using var host = await DaemonHost.StartAsync(stage.Options, default);

        await stage.KnownAsync(host, West);
        const string Says = "the delivery files and the cluster east both declare shop.checkout@prod/east: that of the delivery files is "
            + "in force";
        await Eventually.TrueAsync(
            () => IsSaid(host, East, Says),
            "it is said", () => stage.Standing(host));
        Assert.IsType<EmbeddedTarget>(host.Views.Find(East)!.Spec.Target);
        Assert.Equal(0, stage.InEast.Weight?.Candidate);
    }

    [Fact]
    public async Task A_cluster_that_gets_a_name_has_a_record_of_its_own_and_it_is_said_how_to_keep_the_former()
    {
        await using var stage = await StartAsync();
        var former = new TargetKey(Service, "prod");
        await using (var host = await DaemonHost.StartAsync(stage.With(Named("default", stage.OfEast)), default))
        {
            await stage.KnownAsync(host, former);
            stage.InEast.Deploy("v2");
            await Eventually.TrueAsync(() => stage.InEast.Weight?.Candidate == 3_000, "the mesh has the first step");
            await host.StopAsync(default);
        }

        await using (var host = await DaemonHost.StartAsync(stage.Options, default))
        {
            await Eventually.TrueAsync(
                () => IsSaid(host, North, "nothing declares shop.checkout@prod (v1"), "it is said", () => stage.Standing(host));
            await host.StopAsync(default);
        }

        var named = stage.With(Named("default", stage.OfEast), Named("west", stage.OfWest));
        await using var again = await DaemonHost.StartAsync(named, default);
        await stage.KnownAsync(again, West);
        await Eventually.TrueAsync(
            () => again.Views.Find(former)?.Record?.Active?.Id == "shop.checkout-prod-1", "its rollout goes on",
            () => stage.Standing(again));
    }

    [Fact]
    public async Task Clusters_that_cannot_be_told_apart_are_refused_with_what_to_do()
    {
        await using var stage = await StartAsync();
        var (east, west) = (Named("east", stage.OfEast), Named("west", stage.OfWest));

        Assert.Contains(
            "two clusters are called east", await RefusedAsync(stage.With(east, west with { Name = "east" })), StringComparison.Ordinal);
        Assert.Contains(
            "are one API server", await RefusedAsync(stage.With(east, west with { Access = east.Access })), StringComparison.Ordinal);
        Assert.Contains(
            "the cluster east and the cluster west are measured by one Prometheus",
            await RefusedAsync(stage.With(east, west with { Prometheus = east.Prometheus })), StringComparison.Ordinal);
        Assert.Contains(
            "the services of the cluster west are judged by what Prometheus says",
            await RefusedAsync(stage.With(east, west with { Prometheus = ClusterPrometheus.OfProcess })), StringComparison.Ordinal);
        Assert.Contains(
            "a controller keeps its record in its cluster",
            await RefusedAsync(stage.With(east, west) with { Files = [] }), StringComparison.Ordinal);
    }

    private static bool IsSaid(DaemonHost host, TargetKey key, string begin) =>
        host.Views.Find(key)!.Warnings.Any(w => w.StartsWith(begin, StringComparison.Ordinal));

    private static async Task<string> RefusedAsync(DaemonOptions options) => Assert.Single(
        (await Assert.ThrowsAsync<DaemonRefusedException>(() => DaemonHost.StartAsync(options, default))).Problems);
}
