namespace TrafficCtl.Kubernetes.Client;

/// <summary>A bucket of tokens: so many calls a second in the long run, so many at once. Waiters go in the order they came.</summary>
internal sealed class KubeRateLimit(double perSecond, int burst, TimeProvider clock)
{
    private readonly Lock gate = new();
    private double tokens = burst;
    private long at = clock.GetTimestamp();

    public ValueTask TakeAsync(CancellationToken stop)
    {
        var wait = Reserve();
        return wait > TimeSpan.Zero ? new ValueTask(Task.Delay(wait, clock, stop)) : ValueTask.CompletedTask;
    }

    private TimeSpan Reserve()
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            tokens = Math.Min(burst, tokens + (clock.GetElapsedTime(at, now).TotalSeconds * perSecond)) - 1;
            at = now;
            return tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-tokens / perSecond);
        }
    }
}
