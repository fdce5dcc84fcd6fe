using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

public static class AnyTarget
{
    /// <summary>Targets of any kind are driven by the ports in the container.</summary>
    public static IServiceCollection AddTargets(this IServiceCollection services) => services.AddTargetsOf<Target>();

    /// <summary>Targets of this kind are, and no others.</summary>
    public static IServiceCollection AddTargetsOf<TTarget>(this IServiceCollection services)
        where TTarget : Target => services.AddTargets<TTarget>(static s => new TargetDriver(
        s.GetRequiredService<ITrafficRouter>(), s.GetRequiredService<IMetricSource>(), [.. s.GetServices<IGateSource>()],
        Abilities.Embedded(hasPrometheus: true, hasAlertmanager: true)));
}
