using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Telemetry;

namespace TrafficCtl.Daemon.Probes;

internal static class ProbeServices
{
    /// <summary>Adds the <see cref="ProbeServer"/>, which the host starts. Needs the metrics page and <see cref="Readiness"/>.</summary>
    /// <param name="services">The services of the process.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="sick">Why a new process must take over; null when all is well.</param>
    public static IServiceCollection AddProbes(this IServiceCollection services, IPEndPoint address, Func<IServiceProvider, string?> sick)
    {
        services.AddSingleton(s => new ProbeAnswers(
            () => sick(s),
            () => s.GetRequiredService<Readiness>().NotReadyBecause,
            s.GetRequiredService<MetricsPage>(),
            s.GetRequiredService<ILogger<ProbeAnswers>>()));
        services.AddSingleton(s =>
            new ProbeServer(address, s.GetRequiredService<ProbeAnswers>(), s, s.GetRequiredService<ILoggerFactory>()));
        return services;
    }
}
