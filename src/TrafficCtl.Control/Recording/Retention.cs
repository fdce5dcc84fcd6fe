using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control.Recording;

/// <summary>Deletes old recordings, a small batch a minute, or a round while there is more.</summary>
internal sealed class Retention(IStore store, RecordingSettings settings, WindowRecorder recorder, Views views)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private DateTimeOffset? due;

    public async ValueTask PruneAsync(DateTimeOffset now, CancellationToken stop)
    {
        due ??= now + Every;
        // A time further away than ever set is of a clock that was set back since.
        if (now < due && due - now <= Every) return;
        due = now + Every;
        var stock = await store.PruneAsync(new WindowRetention(now - settings.Keep, settings.MostBytes), stop);
        if (stock.HasMore) due = now;
        recorder.IsFull = stock.Bytes > settings.MostBytes;
        views.Notice("recording", recorder.IsFull
            ? $"windows are no longer recorded: those of active rollouts take {stock.Bytes >> 20} of {settings.MostBytes >> 20} MiB; a replay of them will be incomplete"
            : null);
    }
}
