namespace TrafficCtl.TestKit;

/// <summary>What does not come back by itself: an upstream that does not answer, a leader at work.</summary>
public static class Hang
{
    /// <summary>Does nothing until it is cancelled.</summary>
    /// <exception cref="OperationCanceledException">Always, in the end.</exception>
    public static Task UntilAsync(CancellationToken stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
}
