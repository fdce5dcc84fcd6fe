using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Every service as one of its routes sees it: the same object again, as long as discovery finds nothing new.</summary>
/// <param name="inner">The router of all routes.</param>
/// <param name="index">The index of the route, in the order of the declaration.</param>
internal sealed class RouteTargets(IClusterTargets inner, int index) : IClusterTargets
{
    private volatile Seen? last;

    public ClusterTarget? Find(string service)
    {
        if (inner.Find(service) is not { } whole) return null;
        if (last is { } seen && ReferenceEquals(seen.Whole, whole)) return seen.Part;
        var part = whole.OfRoute(index);
        last = new Seen(whole, part);
        return part;
    }

    public ImmutableArray<Cohort> CohortsOf(string service) => inner.CohortsOf(service);

    public int? EndpointsOf(string @namespace, string service) => inner.EndpointsOf(@namespace, service);

    public ValueTask<int?> EndpointsNowAsync(string @namespace, string service, CancellationToken stop) =>
        inner.EndpointsNowAsync(@namespace, service, stop);

    private sealed record Seen(ClusterTarget Whole, ClusterTarget? Part);
}
