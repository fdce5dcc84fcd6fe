using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.TestKit;

/// <summary>Every service has the one route in force.</summary>
public sealed class FixedRoutes(ServiceRoute? route) : IRoutesInForce
{
    public ServiceRoute? Route { get; set; } = route;

    public ServiceRoute? Find(string service) => Route;
}
