using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Ports;

/// <summary>Cumulative measurements; the caller makes windows of them.</summary>
public interface IMetricSource
{
    /// <summary>The counters now; null when nothing is known of the target, which holds and never passes.</summary>
    ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop);

    /// <summary>
    /// What is wrong with the measurements of a target, in a sentence for a person; null when all is well. A reading that cannot be trusted
    /// stands still.
    /// </summary>
    string? TroubleOf(TargetKey key) => null;
}
