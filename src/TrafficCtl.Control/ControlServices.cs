using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control;

public static class ControlServices
{
    /// <summary>Adds the loop, the views, the wishes and their metrics. The host adds IStore, ITrafficRouter, IMetricSource and logging.</summary>
    public static IServiceCollection AddControl(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Views>();
        services.AddSingleton<ControlMetrics>();
        services.AddSingleton<ControlLoop>();
        services.AddSingleton(p => new Wishes(
            p.GetRequiredService<IStore>(), p.GetRequiredService<Views>(), p.GetRequiredService<ControlLoop>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
