using System.Collections.Frozen;
using System.Collections.Immutable;
using Prometheus;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>The whole page, made anew at each scrape from what is held anyway; nothing is added to the request path.</summary>
internal sealed class MetricsPage(
    Func<ImmutableArray<ServiceTotals>> totals, Views views, ControlMetrics control, ConfigReloads reloads, TimeProvider clock,
    Func<ClusterSigns>? cluster = null, DataSigns? data = null, WatchCounts? watches = null,
    LimitCounts? limited = null) : IDisposable
{
    /// <summary>One page at a time: however many ask, one processor writes.</summary>
    private readonly SemaphoreSlim writing = new(1);

    /// <summary>Metrics of the process: no service need be looked at for them.</summary>
    private static readonly FrozenSet<string> WithoutService =
        Metrics.All.Where(static m => !m.Labels.Contains("service")).Select(static m => m.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Made at the first scrape: it is no part of the start.</summary>
    private RuntimeMetrics? runtime;

    /// <param name="audience">Who reads it.</param>
    /// <param name="format">The format of the text.</param>
    /// <param name="names">
    /// The metrics that are shown, for the page of thousands of services is long; null for all, also those that the library adds.
    /// </param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The page, which the caller disposes: it is written at once, so that a slow reader keeps no other one waiting.</returns>
    public async Task<MetricText> WriteAsync(
        MetricAudience audience, ExpositionFormat format, IReadOnlySet<string>? names, CancellationToken stop)
    {
        await writing.WaitAsync(stop);
        var text = new MetricText(audience, format, names);
        try
        {
            if (names?.IsSubsetOf(WithoutService) != true)
            {
                foreach (var service in totals()) TrafficSamples.Write(text, service);
                foreach (var view in views.All) RolloutSamples.Write(text, view, AgeOf(view));
            }

            ProcessSamples.Write(text, control, reloads, cluster?.Invoke(), data, watches, limited);
            if (names is null) await (runtime ??= new RuntimeMetrics()).WriteAsync(text.Rest, format, stop);
            else if (format == ExpositionFormat.OpenMetricsText) text.Rest.Write("# EOF\n"u8);
            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    /// <summary>By the monotonic clock where it is of this process, so that a clock that is set back hides no loop that hangs.</summary>
    private TimeSpan AgeOf(ServiceView view) => view.Timestamp is { } at ? clock.GetElapsedTime(at) : clock.GetUtcNow() - view.At;
}
