using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Events;

public sealed class EventRecordingStoreTests : IDisposable
{
    private static readonly TargetKey Key = new("shop.checkout", "default");
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 7, 0, 0, TimeSpan.Zero);

    private readonly MemoryCluster kube = new();
    private readonly FakeStore store = new();
    private readonly Explorer explorer;

    public EventRecordingStoreTests()
    {
        Shop.PutPair(kube);
        Shop.PutRecord(kube, "checkout", null);
        explorer = new Explorer(kube);
    }

    [Theory]
    [InlineData("decided", "start", "Started", false)]
    [InlineData("decided", "rolled-back", "RolledBack", true)]
    [InlineData("decided", "something-new", "SomethingNew", false)]
    [InlineData("ordered", "promote-full", "Ordered", false)]
    [InlineData("born", "born", "Born", false)]
    [InlineData("state-lost", "state-lost", "StateLost", true)]
    [InlineData("observed", "drifted", "Drifted", true)]
    [InlineData("observed", "resumed", "Resumed", false)]
    public async Task A_saved_fact_is_told_on_the_Service_and_the_Delivery(string kind, string what, string reason, bool isWarning)
    {
        await CommitAsync(Fact(kind, what));

        Assert.Equal(["Service shop/checkout", "Delivery shop/checkout"], explorer.Told.Select(t => t.About.ToString()));
        Assert.All(explorer.Told, t => Assert.Equal((reason, isWarning, "a sentence"), (t.Reason, t.IsWarning, t.Note)));
    }

    [Fact]
    public async Task What_was_not_saved_is_not_told()
    {
        store.IsGone = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => CommitAsync(Fact("born", "born")));

        Assert.Empty(explorer.Told);
    }

    [Fact]
    public async Task A_service_that_is_not_on_the_cluster_is_told_nowhere()
    {
        await CommitAsync(Fact("born", "born") with { Key = new TargetKey("checkout", "default") });

        Assert.Empty(explorer.Told);
    }

    public void Dispose() => explorer.Dispose();

    private static Fact Fact(string kind, string what) => new(0, Now, Key, null, kind, what, "a sentence", "{}");

    private async Task CommitAsync(Fact fact)
    {
        IStore told = new EventRecordingStore(store, kube, explorer, static _ => true);
        await told.CommitAsync(
            [new Commit(-1, new ServiceRecord(Key, "v1", 0, 1, [], null, default), null, [fact], [])], CancellationToken.None);
    }
}
