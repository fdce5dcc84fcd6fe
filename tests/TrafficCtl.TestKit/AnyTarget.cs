using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

public static class AnyTarget
{
    /// <summary>Targets of any kind are driven by the ports in the container.</summary>
    public static IServiceCollection AddTargets(this IServiceCollection services) => services.AddTargets<Target>(static s => new TargetDriver(
        s.GetRequiredService<ITrafficRouter>(), s.GetRequiredService<IMetricSource>(), [.. s.GetServices<IGateSource>()],
        Abilities.Embedded(hasPrometheus: true, hasAlertmanager: true)));
}
