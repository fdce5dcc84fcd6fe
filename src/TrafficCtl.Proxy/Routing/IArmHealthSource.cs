using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Proxy.Routing;

/// <summary>What active and passive health checks say of a version's endpoints.</summary>
internal interface IArmHealthSource
{
    /// <summary>All zero when the service or version is not served here.</summary>
    ArmHealth HealthOf(string service, string version);
}
