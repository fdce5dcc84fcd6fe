using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Ports;

/// <summary>Cumulative measurements; the caller makes windows of them.</summary>
public interface IMetricSource
{
    /// <summary>The counters now; null when nothing is known of the service, which holds and never passes.</summary>
    ValueTask<Reading?> ReadAsync(string service, CancellationToken stop);
}
