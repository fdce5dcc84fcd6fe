using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

public static class TelemetryServices
{
    /// <summary>
    /// Adds the metrics page and <see cref="ConfigReloads"/>. Needs Control's services; a module adds what the page says of it: the totals
    /// of its traffic, <see cref="ClusterSigns"/> (asked anew each time), <see cref="DataSigns"/>.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<ConfigReloads>();
        services.AddSingleton(provider => new MetricsPage(
            provider.GetService<Func<ImmutableArray<ServiceTotals>>>() ?? (static () => []),
            provider.GetRequiredService<Views>(),
            provider.GetRequiredService<ControlMetrics>(),
            provider.GetRequiredService<ConfigReloads>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<Func<ClusterSigns>>(),
            provider.GetService<DataSigns>(),
            provider.GetService<WatchCounts>(),
            provider.GetService<LimitCounts>()));
        return services;
    }

    /// <summary>
    /// Maps <c>GET /metrics</c>, behind the same guard as the rest of the admin API. The page is of all services with their versions, so it
    /// is for those who may read all of them.
    /// </summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var page = routes.ServiceProvider.GetRequiredService<MetricsPage>();
        var callers = routes.ServiceProvider.GetService<Callers>();
        routes.MapGet("/metrics", AdminGuard.Wrap(async (context, stop) =>
            await OtherMachines.RefuseAsync(context, callers, "/metrics", stop) is { } refusal
                ? ProblemResult.Of(refusal)
                : new MetricsResult(page)));
    }
}
