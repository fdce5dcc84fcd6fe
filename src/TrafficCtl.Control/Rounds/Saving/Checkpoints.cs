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
    private readonly List<(ControlledTarget Target, Range Evidence, RecordedWindows? Windows, Range Piece)> due = [];

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
            bytes.Save(seen, new Moment(now.At, target.Clock.Elapsed), buffer);
            var evidence = from..buffer.WrittenCount;
            due.Add((target, evidence, seen.Evidence.Windows.Save(buffer), evidence.End..buffer.WrittenCount));
        }

        if (due.Count == 0) return;
        var written = buffer.WrittenMemory;
        await store.CheckpointAsync(
        [
            .. due.Select(d => new Checkpoint(d.Target.Key, d.Target.Observation.Evidence.Of!, written[d.Evidence])
            {
                Windows = d.Windows is { } piece ? piece with { Data = written[d.Piece] } : null,
            }),
        ], stop);
        foreach (var (target, _, windows, _) in due)
        {
            target.Clock.Saved();
            target.Observation.Saved(target.Observation.Evidence.Of, windows, now.Running + store.CheckpointEvery);
        }
    }

    /// <summary>
    /// Whether a checkpoint is due although no request came, because a restart continues from the saved elapsed time. In other phases no
    /// minimum time has to pass.
    /// </summary>
    private static bool IsTimeDue(ControlledTarget target, RolloutState active, bool isLast) =>
        target.Clock.IsUnsaved && (isLast || active.Phase is Phase.Observing or Phase.Baking);
}
