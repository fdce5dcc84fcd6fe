using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Reads a target's counters.</summary>
internal sealed partial class CounterReader(TargetDrivers drivers, ControlMetrics counts, ILogger<CounterReader> log)
{
    /// <returns>The state, updated with the result of the read; and the reading, null when there is none.</returns>
    public async ValueTask<(TargetState State, Reading? Reading)> ReadAsync(
        TargetKey key, TargetState state, Moment now, CancellationToken stop)
    {
        Reading? reading = null;
        string? trouble;
        try
        {
            var metrics = drivers.Of(key).Metrics;
            reading = await metrics.ReadAsync(key, stop);
            trouble = metrics.TroubleOf(key) ?? (reading is null ? "nothing is measured yet" : null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // A metrics source that fails makes the verdict unknown, not bad: the rollout holds.
            counts.MetricFailed();
            if (state.Measured.Trouble != fault.Message) ReadFailed(log, key.Name, fault);
            trouble = fault.Message;
        }

        var unmeasured = reading is null || !Freshness.IsFresh(reading, now) ? trouble ?? "what was measured is out of date" : null;
        var isFine = reading is not null && trouble is null && unmeasured is null;
        var measured = isFine ? Measured.Fresh : new Measured(reading is not null, trouble, unmeasured).Or(state.Measured);
        return (state.With(measured), reading);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service} cannot be measured; its rollout holds until it can")]
    private static partial void ReadFailed(ILogger log, string service, Exception fault);
}
