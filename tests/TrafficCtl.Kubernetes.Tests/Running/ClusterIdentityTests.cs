using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Running;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Running;

/// <summary>Which of two names has an API server that both lead to.</summary>
public sealed class ClusterIdentityTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly ClusterClaims claims = new(["east", "west"]);
    private readonly LogList<ClusterIdentity> log = new();

    [Fact]
    public async Task Two_API_servers_are_two_clusters()
    {
        await using var one = await OpenAsync();
        await using var two = await OpenAsync();
        var (east, west) = (Of(one, "east"), Of(two, "west"));
        await Task.WhenAll(west.ClaimAsync(Stop), east.ClaimAsync(Stop)).WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Equal((null, null), (east.SameAs, west.SameAs));
    }

    [Fact]
    public async Task One_API_server_is_that_of_the_first_name_whoever_asks_first()
    {
        await using var stage = await OpenAsync();
        var (east, west) = (Of(stage, "east"), Of(stage, "west"));
        using var ending = new CancellationTokenSource();
        var waiting = west.ClaimAsync(ending.Token);
        await east.ClaimAsync(Stop);
        await Eventually.TrueAsync(() => west.SameAs == "east", "the second is the first");
        Assert.False(waiting.IsCompleted);
        Assert.Null(east.SameAs);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_first_name_that_does_not_answer_keeps_no_other_waiting()
    {
        await using var away = await OpenAsync();
        away.Kube.Intercept = static _ => new KubeFault.Drop();
        using var client = new KubeClient(KubeStage.Access(away.Kube), TimeProvider.System);
        await using var two = await OpenAsync();
        using var ending = new CancellationTokenSource();
        var waiting = new ClusterIdentity(client, "east", claims, TimeProvider.System, log).ClaimAsync(ending.Token);

        await Of(two, "west").ClaimAsync(Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop);
        Assert.False(waiting.IsCompleted);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Without_the_right_to_know_it_is_another_cluster_and_that_is_logged()
    {
        await using var stage = await OpenAsync();
        stage.Kube.Intercept = KubeFault.Forbid;
        await Of(stage, "east").ClaimAsync(Stop);
        Assert.Contains(log.Lines, l => l.Contains("Whether this is another cluster's API server is not known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_only_cluster_of_a_process_is_not_asked()
    {
        await using var stage = await OpenAsync();
        await new ClusterIdentity(stage.Client, "east", new ClusterClaims(["east"]), stage.Clock, log).ClaimAsync(Stop);
        Assert.Empty(stage.Kube.Calls);
    }

    private static async Task<KubeStage> OpenAsync()
    {
        var stage = await KubeStage.OpenAsync();
        stage.Kube.PutYaml("apiVersion: v1\nkind: Namespace\nmetadata: { name: kube-system }");
        return stage;
    }

    private ClusterIdentity Of(KubeStage stage, string name) => new(stage.Client, name, claims, stage.Clock, log);
}
