using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Proxy.Health;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy;

/// <summary>The room's composition: the data plane and the router that moves it.</summary>
public static class ProxyServices
{
    /// <summary>
    /// Adds <see cref="ProxyServer"/> and <see cref="EmbeddedRouter"/>, the router and metric source of its targets. Needs logging and a
    /// <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The process' container.</param>
    /// <param name="dataDirectory">Exists and is writable.</param>
    /// <param name="scheduling">Where requests run.</param>
    /// <param name="cookieKeys">A file of cookie keys that other proxies use too; null for keys of this one's own.</param>
    public static IServiceCollection AddProxy(
        this IServiceCollection services, string dataDirectory, Scheduling scheduling = Scheduling.Plain, string? cookieKeys = null)
    {
        services.AddSingleton<ServiceRuntimes>();
        services.AddSingleton<HealthBook>();
        services.AddSingleton<IArmHealthSource>(s => s.GetRequiredService<HealthBook>());
        services.AddSingleton(s => new EmbeddedRouter(
            dataDirectory, s.GetRequiredService<ServiceRuntimes>(), s.GetRequiredService<IArmHealthSource>(),
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<EmbeddedRouter>>()));
        services.AddSingleton(s => new ProxyServer(
            new ProxyOptions(dataDirectory, scheduling)
            {
                CookieKeys = cookieKeys,
                Notice = (source, text) => s.GetService<Views>()?.Notice(source, text),
            },
            s.GetRequiredService<EmbeddedRouter>(), s.GetRequiredService<ServiceRuntimes>(),
            s.GetRequiredService<HealthBook>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>()));
        return services;
    }
}
