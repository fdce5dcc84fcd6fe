using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class LaggingWatchTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_that_is_silently_dead_accuses_nobody_and_loses_no_write()
    {
        await using var stage = await MeshStage.OpenAsync();
        var view = new FrozenView(stage.Live);
        var router = new MeshRouter(
            stage.Parts with { Homes = new MeshHomes(new KubeMeshObjects(stage.Client, view, MeshSettings.Default, stage.Clock), null) });
        long generation = 1;
        foreach (var weight in new[] { 1000, 2500, 5000 })
        {
            await AskAsync(router, ++generation, weight);
            for (var round = 0; round < 5; round++)
            {
                stage.Wait();
                Assert.Null((await router.ObserveAsync(Keys.Of("shop.checkout"), Stop))!.Drift);
                await AskAsync(router, generation, weight);
                Assert.Equal(weight, stage.Share);
            }
        }

        Assert.Equal(3, stage.Writes);
    }

    [Fact]
    public async Task An_informer_that_knows_everything_spares_all_reads()
    {
        await using var stage = await MeshStage.OpenAsync(stable: 90, candidate: 10);
        var router = new MeshRouter(stage.Parts with
        {
            Homes = new MeshHomes(new KubeMeshObjects(stage.Client, new FrozenView(stage.Live), MeshSettings.Default, stage.Clock), null),
        });
        for (var round = 0; round < 20; round++)
        {
            stage.Wait();
            await AskAsync(router, 2, 1000);
        }

        Assert.DoesNotContain(stage.Kube.Calls, c => c.Resource == "virtualservices");
    }

    private static ValueTask<Control.Ports.ApplyOutcome> AskAsync(MeshRouter router, long generation, int weight) =>
        router.ApplyAsync(
            new ServiceRoute(Keys.Of("shop.checkout"), generation, "v1", "v2", "r", Exposure.Of(Weights.OfCandidate(weight))), Stop);

    /// <summary>An informer that heard of one object once, and of nothing since.</summary>
    private sealed class FrozenView(JsonObject of) : IKubeView
    {
        public event Action<KubeKind>? Changed
        {
            add { }
            remove { }
        }

        public bool IsWatched(KubeKind kind) => IsSynced(kind);

        public bool IsSynced(KubeKind kind) => kind.Plural == "virtualservices";

        public ImmutableArray<JsonObject> All(KubeKind kind) => [of];

        public JsonObject? Get(KubeName name) => of;
    }
}
