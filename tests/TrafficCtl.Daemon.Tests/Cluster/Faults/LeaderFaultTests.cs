using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>A leader that others must take for dead, and one that nobody lets in any more.</summary>
public sealed class LeaderFaultTests
{
    [Theory]
    [InlineData("virtualservices")]
    [InlineData("configmaps")]
    [InlineData("deliveries")]
    public async Task A_leader_that_was_partitioned_and_paused_in_the_middle_of_a_write_writes_nothing_when_it_is_let_go(string of)
    {
        await using var stage = await FaultStage.OpenAsync();
        var paused = new PausableClock(stage.Clock);
        var first = await stage.ControlAsync(o => o with { Clock = paused });
        await stage.BeginAsync();
        var second = await stage.ControlAsync();
        await stage.UntilAsync(
            () => stage.Crew[second].Views.Find(Keys.Of(FaultStage.Service)) is not null, "the standby knows the service");

        // A write of its next raise - the split, its record, the decision - is on the way; from there on nothing of it arrives, and nothing
        // of it runs.
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isCut = 0;
        stage.Fault = call =>
        {
            if (call.Token != first) return null;
            if (call.IsWrite && call.Resource == of && Interlocked.Exchange(ref isCut, 1) == 0) paused.Pause();
            return Volatile.Read(ref isCut) == 1 ? new KubeFault.Hold(letGo.Task) : null;
        };
        await stage.UntilAsync(() => Volatile.Read(ref isCut) == 1, "a write of the first leader is on the way");
        var before = stage.Weight;
        await stage.UntilAsync(() => stage.Guard.Holder == second, "the second leads");
        await stage.UntilAsync(() => stage.Weight > before, "the second goes on");
        await stage.GoesOnAsync();
        var decided = stage.Guard.DecisionsOf(first);

        // What was on the way arrives, and the process runs on: it thinks that no time has passed.
        stage.Fault = null;
        letGo.SetResult();
        paused.Resume();
        await stage.UntilAsync(() => !stage.Crew[first].IsLeading, "the first knows that it leads no longer");
        await stage.GoesOnAsync();
        Assert.Equal((second, decided), (stage.Guard.Holder, stage.Guard.DecisionsOf(first)));
    }

    [Fact]
    public async Task A_token_that_was_rotated_is_read_again_and_the_rollout_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory("trafficctl-token-");
        try
        {
            var (token, config) = (Path.Combine(folder.FullName, "token"), Path.Combine(folder.FullName, "config"));
            await File.WriteAllTextAsync(token, "controller-1~a", TestContext.Current.CancellationToken);
            await using var stage = await FaultStage.OpenAsync();
            stage.Kube.Tokens = ["controller-1~a"];
            await File.WriteAllTextAsync(config, """
                { "apiVersion": "v1", "kind": "Config", "current-context": "c",
                  "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u", "namespace": "trafficctl-system" } }],
                  "clusters": [{ "name": "c", "cluster": { "server": "https://kube.example" } }],
                  "users": [{ "name": "u", "user": { "tokenFile": "token" } }] }
                """, TestContext.Current.CancellationToken);
            // The fake speaks no TLS, and a token goes nowhere without: only here.
            var access = KubeConfig.Find(config, null, stage.Clock) with { Server = stage.Kube.Address };
            await stage.ControlAsync(o => o with { Clusters = [o.Clusters[0] with { Access = access }] });
            await stage.BeginAsync();

            // As the kubelet does it: the new one is there before the old one runs out.
            await File.WriteAllTextAsync(token, "controller-1~b", TestContext.Current.CancellationToken);
            stage.Kube.Tokens = ["controller-1~b"];
            await stage.GoesOnAsync();

            // The old one runs out before the new one is there: it holds, and goes on by itself.
            stage.Kube.Tokens = ["controller-1~c"];
            var (before, turns) = (stage.Weight, stage.Guard.Turns);
            stage.Kube.DropWatches();
            await stage.PassAsync(TimeSpan.FromMinutes(2));
            Assert.Equal((before, turns), (stage.Weight, stage.Guard.Turns));
            await File.WriteAllTextAsync(token, "controller-1~c", TestContext.Current.CancellationToken);
            await stage.GoesOnAsync();
            Assert.DoesNotContain("controller-1~", stage.Said.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_controller_that_is_stopped_leaves_the_split_and_the_next_one_goes_on_from_there()
    {
        await using var stage = await FaultStage.OpenAsync();
        var first = await stage.ControlAsync();
        await stage.BeginAsync();
        await stage.GoesOnAsync();
        await stage.Crew.StopAsync(first);
        var (before, turns) = (stage.Weight, stage.Guard.Turns);
        Assert.True(before.Candidate > 0);
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((before, turns), (stage.Weight, stage.Guard.Turns));
        await stage.ControlAsync();
        await stage.GoesOnAsync();
        Assert.DoesNotContain(stage.Kube.All(KubeKind.Event), e => e["reason"]!.ToString() == "EvidenceAnew");
    }
}
