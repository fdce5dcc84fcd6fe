using System.Buffers;
using TrafficCtl.Control.Observing;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control.Reconciling;

/// <summary>Saves the evidence of changed rollouts, each as often as the store likes, all that are due in one call.</summary>
internal sealed class Checkpoints(IStore store)
{
    /// <summary>From a decision to the first checkpoint after it: decisions of one round must not make one round's checkpoints of all services.</summary>
    public TimeSpan FirstAfter(int slot) => ControlLoop.Period * (1 + (slot % (int)(store.CheckpointEvery / ControlLoop.Period)));

    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);
    private readonly List<(Track Track, Range Evidence, RecordedWindows? Windows, Range Piece)> due = [];

    /// <param name="isLast">Also those that are not due: nothing comes after.</param>
    public async ValueTask SaveAsync(IEnumerable<Track> tracks, DateTimeOffset now, bool isLast, CancellationToken stop)
    {
        due.Clear();
        buffer.ResetWrittenCount();
        foreach (var track in tracks)
        {
            var seen = track.Observation;
            if (!seen.IsUnsaved || seen.EvidenceOf is null || (!IsDue(track, now) && !isLast)) continue;
            if (track.MustLoad || track.Record?.Active?.Id != seen.EvidenceOf) continue;
            var from = buffer.WrittenCount;
            bytes.Save(seen, now, buffer);
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
            (track.Observation.IsUnsaved, track.CheckpointAt) = (false, now + store.CheckpointEvery);
            track.Observation.Windows.Saved(windows);
        }
    }

    /// <summary>A time further away than ever set is of a clock that was set back since.</summary>
    private bool IsDue(Track track, DateTimeOffset now) => now >= track.CheckpointAt || track.CheckpointAt - now > store.CheckpointEvery;
}
