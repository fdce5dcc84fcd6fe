using System.Collections.Immutable;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>The clusters of a process, in the order in which they were named.</summary>
public sealed class DrivenClusters : IAsyncDisposable
{
    internal DrivenClusters(
        ImmutableArray<ClusterOptions> options, Func<ClusterOptions, IDeliveryReader> readerOf, IServiceProvider process)
    {
        var claims = new ClusterClaims([.. options.Select(static o => o.Name)]);
        All = [.. options.Select(one => new DrivenCluster(one, process, readerOf(one), claims))];
    }

    public ImmutableArray<DrivenCluster> All { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in All) await cluster.DisposeAsync();
    }
}
