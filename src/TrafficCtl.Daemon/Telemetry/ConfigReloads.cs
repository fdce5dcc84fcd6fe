namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What became of reading the delivery files; the host tells it, the metrics page reads it.</summary>
public sealed class ConfigReloads(TimeProvider clock)
{
    private long failures, succeededAtTicks;

    public long Failures => Interlocked.Read(ref failures);

    /// <summary>When files last took effect; null before the first time.</summary>
    public DateTimeOffset? SucceededAt =>
        Interlocked.Read(ref succeededAtTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public void Succeeded() => Interlocked.Exchange(ref succeededAtTicks, clock.GetUtcNow().UtcTicks);

    public void Failed() => Interlocked.Increment(ref failures);
}
