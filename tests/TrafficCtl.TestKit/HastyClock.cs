namespace TrafficCtl.TestKit;

/// <summary>
/// A clock that is so many times as fast as the machine's: a minute of waiting is over in seconds, and everything still happens in its
/// order.
/// </summary>
public sealed class HastyClock(int speed) : TimeProvider
{
    private readonly DateTimeOffset start = System.GetUtcNow();
    private readonly long began = System.GetTimestamp();

    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => start + (System.GetElapsedTime(began) * speed);

    public override long GetTimestamp() => began + ((System.GetTimestamp() - began) * speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new HastyTimer(System.CreateTimer(callback, state, Shorter(dueTime), Shorter(period)), this);

    private TimeSpan Shorter(TimeSpan time) => time > TimeSpan.Zero ? time / speed : time;

    private sealed class HastyTimer(ITimer timer, HastyClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Shorter(dueTime), clock.Shorter(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
