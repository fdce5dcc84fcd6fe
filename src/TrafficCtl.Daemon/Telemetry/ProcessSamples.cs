using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What the process knows of itself.</summary>
internal static class ProcessSamples
{
    private static readonly string Version =
        typeof(ProcessSamples).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void Write(MetricText text, ControlMetrics control, ConfigReloads reloads, ClusterSigns? cluster, DataSigns? data,
        WatchCounts? watches, LimitCounts? limited)
    {
        foreach (var (label, count) in control.Decisions.OrderBy(d => (d.Key.Key, d.Key.Kind)))
        {
            text.Add(Metrics.Decisions, count.Count, label.Key, label.Kind);
            text.Add(Metrics.LastDecision, MetricText.Timestamp(count.Last), label.Key, label.Kind);
        }

        if (data is not null) text.Add(Metrics.StoreIntact, data.IsIntact ? 1 : 0);
        text.Add(Metrics.Rounds, control.Rounds);
        text.Add(Metrics.RoundDuration, control.LastRoundSeconds);
        text.Add(Metrics.Faults, control.Faults);
        text.Add(Metrics.StoreErrors, control.StoreErrors);
        text.Add(Metrics.RouterErrors, control.RouterErrors);
        text.Add(Metrics.MetricErrors, control.MetricErrors);
        text.Add(Metrics.StaleWrites, control.StaleWrites);
        text.Add(Metrics.Drifts, control.Drifts);
        text.Add(Metrics.LostWindows, control.LostWindows);
        text.Add(Metrics.ClockJumps, control.ClockJumps);
        if (watches is not null) text.Add(Metrics.WatchesDropped, watches.Dropped);
        foreach (var (limit, count) in limited?.All ?? []) text.AddOfProcess(Metrics.ApiLimited, count, limit);
        if (reloads.SucceededAt is { } at) text.Add(Metrics.ReloadSuccess, MetricText.Timestamp(at));
        text.Add(Metrics.ReloadFailures, reloads.Failures);
        if (cluster is not null)
        {
            text.Add(Metrics.Leader, cluster.Leads ? 1 : 0);
            foreach (var (name, leads) in cluster.Named) text.AddOfProcess(Metrics.ClusterLeader, leads ? 1 : 0, name);
            text.Add(Metrics.DiscoveryInvalid, cluster.Invalid);
            text.Add(Metrics.PrometheusQueries, cluster.Queries);
        }

        text.AddOfProcess(Metrics.BuildInfo, 1, Version, RuntimeInformation.FrameworkDescription);
    }
}

/// <summary>What only a controller of clusters knows of itself.</summary>
/// <param name="Leads">This process is the one that writes, to each of them.</param>
/// <param name="Invalid">Declarations with problems.</param>
/// <param name="Queries">To Prometheus, since this process started.</param>
internal sealed record ClusterSigns(bool Leads, int Invalid, long Queries)
{
    /// <summary>
    /// Where there are several clusters: the name of each, and whether this process is the one that writes there. Else empty.
    /// </summary>
    public ImmutableArray<(string Name, bool Leads)> Named { get; init; } = [];
}
