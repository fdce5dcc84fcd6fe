using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Kubernetes.Storage;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>The contract of stores, kept by custom resources.</summary>
public sealed class KubeStoreTests : StoreContract
{
    private readonly MemoryKube kube = new();

    private protected override int MostFacts => DeliveryState.MostFacts;

    private protected override bool KeepsWindows => false;

    private protected override IStore Open() => Open(kube);

    internal static KubeStore Open(IKube kube, ILeaderTerm? leader = null, TimeProvider? clock = null) => new(
        kube, new KubeStoreSettings("trafficctl", []), leader ?? new TestLeader(), clock ?? new ManualClock(Examples.At),
        NullLogger<KubeStore>.Instance);
}
