using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics.Alertmanager;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters;

/// <summary>What asks for measurements and alerts, whatever splits the traffic. Each adds its <see cref="LeaderTask"/>.</summary>
public static class MetricServices
{
    /// <summary>Answers the gate <c>quiet: [alerts]</c>, of rollouts and of environments.</summary>
    public static IServiceCollection AddAlertmanager(this IServiceCollection services, Uri address) => services
        .AddSingleton(s => new AlertmanagerGate(
            PrometheusHttp.Connect(new PrometheusOptions(address)), new AlertmanagerOptions(address),
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<AlertmanagerGate>>()))
        .AddSingleton<IGateSource>(static s => s.GetRequiredService<AlertmanagerGate>())
        .AddSingleton<IQuestionSource>(static s => s.GetRequiredService<AlertmanagerGate>())
        .AddSingleton(static s => new LeaderTask(s.GetRequiredService<AlertmanagerGate>().RunAsync));

    /// <summary>
    /// Metrics of people's own beside counters that are read elsewhere: <see cref="QueriedMetrics"/> takes the place of that source.
    /// </summary>
    /// <param name="services">With the source of the counters.</param>
    /// <param name="options">Where Prometheus is.</param>
    /// <param name="counters">The source of all else.</param>
    /// <param name="rollouts">The active rollouts now.</param>
    public static IServiceCollection AddQueriedMetrics(
        this IServiceCollection services, PrometheusOptions options, Func<IServiceProvider, IMetricSource> counters,
        Func<IServiceProvider, Func<ImmutableArray<QueriedRollout>>> rollouts) => services
        .AddSingleton(s => new QueriedMetrics(
            counters(s), PrometheusHttp.Connect(options), options, rollouts(s), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<QueriedMetrics>>()))
        .AddSingleton(static s => new LeaderTask(s.GetRequiredService<QueriedMetrics>().RunAsync));
}
