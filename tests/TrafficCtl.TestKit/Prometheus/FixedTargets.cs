using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>Every service runs on the one target.</summary>
public sealed class FixedTargets(ClusterTarget? target) : IClusterTargets
{
    public ClusterTarget? Target { get; set; } = target;

    public ClusterTarget? Find(string service) => Target;
}
