using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>
/// What a round does in the store besides its decisions: evidence is saved, old recordings are deleted. Nothing waits for it.
/// </summary>
internal sealed partial class Upkeep(
    Checkpoints checkpoints, Retention retention, StoreAccess access, ControlMetrics counts, TimeProvider clock, ILogger<Upkeep> log)
{
    public TimeSpan FirstCheckpointAfter(int slot) => checkpoints.FirstAfter(slot);

    public async ValueTask RunAsync(IEnumerable<ControlledTarget> targets, CancellationToken stop)
    {
        await CheckpointAsync(targets, false, stop);
        await PruneAsync(stop);
    }

    /// <param name="targets">Whose evidence is saved.</param>
    /// <param name="isLast">All of it, because the process ends.</param>
    /// <param name="stop">Ends the call.</param>
    public async ValueTask CheckpointAsync(IEnumerable<ControlledTarget> targets, bool isLast, CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await checkpoints.SaveAsync(targets, clock.Now(), isLast, stop);
        }
        catch (StoreUnavailableException fault)
        {
            access.Failed(fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || isLast)
        {
            // Evidence only: decisions save theirs themselves, and a restart counts what is missing.
            counts.Faulted();
            CheckpointFailed(log, fault);
        }
    }

    private async ValueTask PruneAsync(CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await retention.PruneAsync(clock.Now(), stop);
        }
        catch (StoreUnavailableException fault)
        {
            access.Failed(fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Old recordings stay a minute longer.
            counts.Faulted();
            PruneFailed(log, fault);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The evidence could not be saved; a restart now would lose what came since the last decision")]
    private static partial void CheckpointFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old recorded windows could not be deleted; it is retried in a minute")]
    private static partial void PruneFailed(ILogger log, Exception fault);
}
