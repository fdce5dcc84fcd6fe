namespace TrafficCtl.Core.Targets;

/// <param name="Path">Probed by GET; null probes by a TCP connection alone.</param>
public sealed record HealthSettings(string? Path = null, TimeSpan? Every = null, TimeSpan? Timeout = null)
{
    public TimeSpan Interval => Every ?? TimeSpan.FromSeconds(5);

    public TimeSpan ProbeTimeout => Timeout ?? TimeSpan.FromSeconds(1);
}
