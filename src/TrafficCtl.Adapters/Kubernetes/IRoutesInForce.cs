using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Kubernetes;

/// <summary>Which version is which arm now; read from any thread.</summary>
public interface IRoutesInForce
{
    /// <summary>The route that was last put in force; null for a service that the router does not know.</summary>
    ServiceRoute? Find(string service);
}
