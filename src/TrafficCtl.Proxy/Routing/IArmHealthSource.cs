using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Routing;

/// <summary>What active and passive health checks say of a version's endpoints.</summary>
internal interface IArmHealthSource
{
    /// <summary>All zero when the target or version is not served here.</summary>
    ArmHealth HealthOf(TargetKey key, string version);
}
