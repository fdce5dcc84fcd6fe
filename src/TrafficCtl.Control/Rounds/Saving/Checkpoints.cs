using System.Buffers;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>Saves the evidence of rollouts that changed, each at the interval of the store, all that are due in one call.</summary>
internal sealed class Checkpoints(IStore store)
{
    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);
    private readonly List<Due> due = [];

    /// <summary>
    /// The time from a decision to the first checkpoint after it. It is spread by slot, so that decisions of one round do not lead to
    /// checkpoints of all services in one later round.
    /// </summary>
    public TimeSpan FirstAfter(int slot) => Beat.Period * (1 + (slot % (int)(store.CheckpointEvery / Beat.Period)));

    /// <param name="targets">The targets of the round, or all targets.</param>
    /// <param name="now">This instant.</param>
    /// <param name="isLast">Saves also those that are not due, because the process ends.</param>
    /// <param name="stop">Ends the call.</param>
    public async ValueTask SaveAsync(IEnumerable<ControlledTarget> targets, Instant now, bool isLast, CancellationToken stop)
    {
        due.Clear();
        buffer.ResetWrittenCount();
        foreach (var target in targets)
        {
            var (seen, known) = (target.Observation, target.State.Known);
            if ((now.Running < seen.SaveAt && !isLast) || known.MustLoad) continue;
            if (known.Record?.Active is not { } active || active.Id != seen.Evidence.Of) continue;
            if (!seen.IsUnsaved && !IsTimeDue(target, active, isLast)) continue;
            var from = buffer.WrittenCount;
            var isDelta = Write(seen, new Moment(now.At, target.Clock.Elapsed), isLast);
            var evidence = from..buffer.WrittenCount;
            due.Add(new Due(target, isDelta, evidence, seen.Evidence.Windows.Save(buffer), evidence.End..buffer.WrittenCount));
        }

        if (due.Count == 0) return;
        var written = buffer.WrittenMemory;
        await store.CheckpointAsync(
        [
            .. due.Select(d => new Checkpoint(d.Target.Key, d.Target.Observation.Evidence.Of!, written[d.Evidence])
            {
                Windows = d.Windows is { } piece ? piece with { Data = written[d.Piece] } : null,
                IsDelta = d.IsDelta,
            }),
        ], stop);
        foreach (var (target, isDelta, evidence, windows, _) in due)
        {
            target.Clock.Saved();
            target.Observation.Saved(target.Observation.Evidence.Of, windows, now.Running + store.CheckpointEvery);
            if (isDelta) target.Observation.Evidence.SavedDelta();
            else target.Observation.Evidence.SavedAll(written.Span[evidence]);
        }
    }

    /// <summary>All of the evidence, or what came since the last whole checkpoint where that is enough.</summary>
    private bool Write(Observation seen, Moment now, bool isLast)
    {
        if (!isLast && store.KeepsDeltas && seen.Evidence.FindWhole() is { } whole)
        {
            bytes.SaveDelta(seen, now, whole, buffer);
            return true;
        }

        bytes.Save(seen, now, buffer);
        return false;
    }

    /// <summary>
    /// Whether a checkpoint is due although no request came, because a restart continues from the saved elapsed time. In other phases no
    /// minimum time has to pass.
    /// </summary>
    private static bool IsTimeDue(ControlledTarget target, RolloutState active, bool isLast) =>
        target.Clock.IsUnsaved && (isLast || active.Phase is Phase.Observing or Phase.Baking);

    /// <param name="Target">Whose.</param>
    /// <param name="IsDelta">It says only what came since a whole one.</param>
    /// <param name="Evidence">Where it is in the buffer.</param>
    /// <param name="Windows">The recorded ticks; null for none.</param>
    /// <param name="Piece">Where they are in the buffer.</param>
    private sealed record Due(ControlledTarget Target, bool IsDelta, Range Evidence, RecordedWindows? Windows, Range Piece);
}
