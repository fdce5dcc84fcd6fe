using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

internal sealed class FixedTargets(ClusterTarget? target) : IClusterTargets
{
    public ClusterTarget? Target { get; set; } = target;

    public ClusterTarget? Find(string service) => Target;
}

internal sealed class FixedRoutes(ServiceRoute? route) : IRoutesInForce
{
    public ServiceRoute? Route { get; set; } = route;

    public ServiceRoute? Find(string service) => Route;
}
