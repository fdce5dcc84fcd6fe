using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;

namespace TrafficCtl.Control.Recording;

/// <summary>Deletes old recordings, a small batch a minute, or a round while there is more.</summary>
internal sealed class Retention(IStore store, RecordingSettings settings, WindowRecorder recorder, Views views)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After the clock was set nothing is deleted for its age for so long: a wrong time that is put right again must not cost
    /// recordings.
    /// </summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromHours(1);

    private TimeSpan? due, doubtedUntil;
    private Instant? last;

    public async ValueTask PruneAsync(Instant now, CancellationToken stop)
    {
        if (last is { } before && now.JumpSince(before) != TimeSpan.Zero) doubtedUntil = now.Running + Doubt;
        last = now;
        due ??= now.Running + Every;
        if (now.Running < due) return;
        due = now.Running + Every;
        // The age of what is kept is the calendar's: it was recorded by other processes too.
        var oldest = now.Running < doubtedUntil ? DateTimeOffset.UnixEpoch : now.At - settings.Keep;
        var stock = await store.PruneAsync(new WindowRetention(oldest, settings.MostBytes), stop);
        if (stock.HasMore) due = now.Running;
        var isFull = stock.Bytes > settings.MostBytes;
        recorder.Fill(isFull);
        views.Notice("recording", isFull
            ? $"windows are no longer recorded: those of active rollouts take {stock.Bytes >> 20} of {settings.MostBytes >> 20} MiB; a "
                + "replay of them will be incomplete"
            : null);
    }
}
