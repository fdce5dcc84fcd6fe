namespace TrafficCtl.Kubernetes;

/// <summary>Wakes a loop; many wakes before it looks are one.</summary>
internal sealed class Waker(TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim woken = new(1, 1);

    public void Wake()
    {
        lock (woken)
            if (woken.CurrentCount == 0) woken.Release();
    }

    /// <summary>Until it is woken, at most so long.</summary>
    /// <returns>False when the time was up.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            await woken.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => woken.Dispose();
}
