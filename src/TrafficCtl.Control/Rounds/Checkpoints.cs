using System.Buffers;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>Saves the evidence of changed rollouts, each as often as the store likes, all that are due in one call.</summary>
internal sealed class Checkpoints(IStore store)
{
    /// <summary>From a decision to the first checkpoint after it: decisions of one round must not make one round's checkpoints of all services.</summary>
    public TimeSpan FirstAfter(int slot) => Beat.Period * (1 + (slot % (int)(store.CheckpointEvery / Beat.Period)));

    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);
    private readonly List<(Track Track, Range Evidence, RecordedWindows? Windows, Range Piece)> due = [];

    /// <param name="isLast">Also those that are not due: nothing comes after.</param>
    public async ValueTask SaveAsync(IEnumerable<Track> tracks, Instant now, bool isLast, CancellationToken stop)
    {
        due.Clear();
        buffer.ResetWrittenCount();
        foreach (var track in tracks)
        {
            var seen = track.Observation;
            if ((now.Running < track.CheckpointAt && !isLast) || track.MustLoad) continue;
            if (track.Record?.Active is not { } active || active.Id != seen.EvidenceOf) continue;
            if (!seen.IsUnsaved && !IsTimeDue(track, active, isLast)) continue;
            var from = buffer.WrittenCount;
            bytes.Save(seen, new Moment(now.At, track.Clock.Elapsed), buffer);
            var evidence = from..buffer.WrittenCount;
            due.Add((track, evidence, seen.Windows.Save(buffer), evidence.End..buffer.WrittenCount));
        }

        if (due.Count == 0) return;
        var written = buffer.WrittenMemory;
        await store.CheckpointAsync(
        [
            .. due.Select(d => new Checkpoint(d.Track.Key, d.Track.Observation.EvidenceOf!, written[d.Evidence])
            {
                Windows = d.Windows is { } piece ? piece with { Data = written[d.Piece] } : null,
            }),
        ], stop);
        foreach (var (track, _, windows, _) in due)
        {
            (track.Observation.IsUnsaved, track.CheckpointAt) = (false, now.Running + store.CheckpointEvery);
            track.Clock.Saved();
            track.Observation.Windows.Saved(windows);
        }
    }

    /// <summary>Also where no request came: a restart goes on from the elapsed time that was saved. Elsewhere nothing has to last.</summary>
    private static bool IsTimeDue(Track track, RolloutState active, bool isLast) =>
        track.Clock.IsUnsaved && (isLast || active.Phase is Phase.Observing or Phase.Baking);
}
