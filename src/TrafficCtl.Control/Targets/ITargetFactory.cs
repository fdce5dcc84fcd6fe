using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Targets;

/// <summary>Makes the drivers of one kind of target: a process has one for each kind that it can drive.</summary>
public interface ITargetFactory
{
    /// <summary>The driver of the service's target; null when the target is of another kind.</summary>
    TargetDriver? DriverOf(ServiceSpec service);
}
