using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Storage;

/// <param name="Home">The namespace of services whose names carry none: the controller's own.</param>
/// <param name="Namespaces">Those that the controller serves; empty for the whole cluster.</param>
public sealed record KubeStoreSettings(string Home, ImmutableArray<string> Namespaces)
{
    /// <summary>Evidence is worth one write a minute to an API that all of a cluster shares.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Rollouts kept after they ended, where the Delivery does not say.</summary>
    public int History { get; init; } = 10;

    /// <summary>Calls at once where many services are saved.</summary>
    public int MostAtOnce { get; init; } = 8;
}
