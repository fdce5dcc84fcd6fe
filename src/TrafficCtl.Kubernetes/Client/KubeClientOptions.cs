using System.Runtime.InteropServices;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>How calls are made.</summary>
public sealed record KubeClientOptions
{
    public static readonly KubeClientOptions Default = new();

    /// <summary>
    /// How long one call on one object may take, with its waits and retries. Shorter than a lease's renew deadline, else no write would
    /// ever fit in.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one page of a list may take.</summary>
    public TimeSpan ListTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public int PageSize { get; init; } = 500;

    /// <summary>Calls a second in the long run; leases, watches and the endpoints of one Service are not counted.</summary>
    public double PerSecond { get; init; } = 50;

    /// <summary>Calls at once after a quiet time.</summary>
    public int Burst { get; init; } = 100;

    /// <summary>How often a read that failed for now, and a write that was refused with 429, is tried again.</summary>
    public int MostRetries { get; init; } = 3;

    /// <summary>How long it is believed that a kind is served; 410 and 404 are believed at once.</summary>
    public TimeSpan KindsKnown { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long it is believed that a kind is not served.</summary>
    public TimeSpan KindsMissing { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Who is written into <c>managedFields</c>.</summary>
    public string FieldManager { get; init; } = "trafficctl";

    public string Agent { get; init; } =
        $"trafficctl/{typeof(KubeClientOptions).Assembly.GetName().Version?.ToString(3)} "
            + $"({(OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux")}/{Processor})";

    /// <summary>The seed of watch timeouts and of waits before retries.</summary>
    public int Seed { get; init; } = Random.Shared.Next();

    private static string Processor => RuntimeInformation.ProcessArchitecture == Architecture.X64
        ? "amd64"
        : RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
