using System.Collections.Immutable;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>The whole page, made anew at each scrape from what is held anyway; nothing is added to the request path.</summary>
internal sealed class MetricsPage(
    Func<ImmutableArray<ServiceTotals>> totals, Views views, ControlMetrics control, ConfigReloads reloads, TimeProvider clock,
    Func<ClusterSigns>? cluster = null, DataSigns? data = null)
{
    public string Write(MetricAudience audience)
    {
        var text = new MetricText(audience);
        foreach (var service in totals()) TrafficSamples.Write(text, service);
        foreach (var view in views.All) RolloutSamples.Write(text, view, AgeOf(view));
        ProcessSamples.Write(text, control, reloads, cluster?.Invoke(), data);
        return text.ToString();
    }

    /// <summary>By the monotonic clock where it is of this process, so that a clock that is set back hides no loop that hangs.</summary>
    private TimeSpan AgeOf(ServiceView view) => view.Timestamp is { } at ? clock.GetElapsedTime(at) : clock.GetUtcNow() - view.At;
}
