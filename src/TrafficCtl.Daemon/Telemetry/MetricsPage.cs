using System.Collections.Immutable;
using TrafficCtl.Control;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>The whole page, made anew at each scrape from what is held anyway; nothing is added to the request path.</summary>
internal sealed class MetricsPage(
    Func<ImmutableArray<ServiceTotals>> totals, Views views, ControlMetrics control, ConfigReloads reloads, TimeProvider clock,
    Func<ClusterSigns>? cluster = null, DataSigns? data = null)
{
    public string Write()
    {
        var text = new MetricText();
        var now = clock.GetUtcNow();
        foreach (var service in totals()) TrafficSamples.Write(text, service);
        foreach (var view in views.All) RolloutSamples.Write(text, view, now);
        ProcessSamples.Write(text, control, reloads, cluster?.Invoke(), data);
        return text.ToString();
    }
}
