namespace TrafficCtl.Daemon.Limits;

/// <summary>Stands on a call that has passed the limits.</summary>
internal sealed class AdminCall(IDisposable? reading, Turnover.Place? reserved)
{
    private int isRead;

    /// <summary>Its request has been read, so that it does what its places are there for.</summary>
    public bool IsRead => Volatile.Read(ref isRead) != 0;

    public void Read()
    {
        if (Interlocked.Exchange(ref isRead, 1) != 0) return;
        reserved?.Begin();
        reading?.Dispose();
    }

    public void End()
    {
        reading?.Dispose();
        if (IsRead) reserved?.End();
    }
}
