using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Runtimes;

/// <summary>How the versions of a service are run as processes of this machine.</summary>
public sealed record ProcessSettings
{
    public required CommandTemplate Command { get; init; }

    /// <summary>The folder that every artifact lies in, links followed: what lies elsewhere is not started. Absolute.</summary>
    public required string ArtifactFolder { get; init; }

    /// <summary>Where it is started; null for the folder of its artifact. Absolute.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Set beside the few that every process gets (<c>PATH</c>, <c>HOME</c>, <c>LANG</c>, <c>TMPDIR</c>, <c>TZ</c>).</summary>
    public ImmutableSortedDictionary<string, TextTemplate> Variables { get; init; } =
        ImmutableSortedDictionary.Create<string, TextTemplate>(StringComparer.Ordinal);

    public HealthSettings Health { get; init; } = new("/healthz");

    /// <summary>By when its first probe must be good; then it is ended and started again.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between SIGTERM and SIGKILL.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a drain waits for connections that are open.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before the first restart; it doubles with each failure in a row, up to <see cref="LongestBackOff"/>.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>As many failures in a row are reported as a failed slot. It is started on, at the longest back-off.</summary>
    public int FailuresUntilReported { get; init; } = 5;

    /// <summary>A process that served that long has no failures before it.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The size at which a log file is rotated. Bytes.</summary>
    public long LogBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Log files kept of a slot, the present one included; at least 1.</summary>
    public int LogFiles { get; init; } = 5;
}
