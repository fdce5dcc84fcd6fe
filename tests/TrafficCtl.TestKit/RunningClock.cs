namespace TrafficCtl.TestKit;

/// <summary>
/// A clock that goes by itself, as fast as it is told: ten minutes are over in seconds, and none is skipped where the machine is busy.
/// </summary>
public sealed class RunningClock : TimeProvider, IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);

    private readonly ManualClock clock = new();
    private readonly CancellationTokenSource ending = new();
    private readonly Task going;
    private volatile int speed = 20;
    private long beats;

    public RunningClock()
    {
        Beats = new BeatClock(this);
        going = Task.Run(GoAsync);
    }

    /// <summary>
    /// The machine's time, less what this clock had to wait for a processor: by it a wait is as patient on a busy machine as on an idle
    /// one.
    /// </summary>
    public TimeProvider Beats { get; }

    /// <summary>Seconds a second, where the machine is idle.</summary>
    public int Speed
    {
        get => speed;
        set => speed = value;
    }

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await going;
        ending.Dispose();
    }

    private async Task GoAsync()
    {
        // A beat a round, however long the round took: who waits for a processor loses no time.
        while (!ending.IsCancellationRequested)
        {
#pragma warning disable RS0030 // This is the clock.
            await Task.Delay(Beat).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
#pragma warning restore RS0030
            clock.Advance(Beat * Speed);
            Interlocked.Increment(ref beats);
        }
    }

    private sealed class BeatClock(RunningClock of) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref of.beats) * Beat.Ticks;
    }
}

/// <summary>
/// The clock of a process that can be paused as a machine pauses it: meanwhile time goes on, and nothing of it runs; what fell due runs
/// when it is let go.
/// </summary>
public sealed class PausableClock(TimeProvider clock) : TimeProvider
{
    private readonly Lock gate = new();
    private List<Action>? missed;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public void Pause()
    {
        lock (gate) missed ??= [];
    }

    public void Resume()
    {
        List<Action>? due;
        lock (gate) (due, missed) = (missed, null);
        foreach (var fire in due ?? []) fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(
        fired =>
        {
            lock (gate)
            {
                if (missed is not null)
                {
                    missed.Add(() => callback(fired));
                    return;
                }
            }

            callback(fired);
        },
        state, dueTime, period);
}
