namespace TrafficCtl.Daemon;

/// <summary>How the last reloads of the delivery files went; read by telemetry at any time.</summary>
public sealed class ReloadStatus
{
    private readonly Lock gate = new();
    private DateTimeOffset lastSuccess;
    private long failures;

    /// <summary>When the files in force were read.</summary>
    public DateTimeOffset LastSuccess
    {
        get
        {
            lock (gate) return lastSuccess;
        }
    }

    /// <summary>Reloads that were refused since the process started.</summary>
    public long Failures => Interlocked.Read(ref failures);

    internal void Succeeded(DateTimeOffset at)
    {
        lock (gate) lastSuccess = at;
    }

    internal void Failed() => Interlocked.Increment(ref failures);
}
