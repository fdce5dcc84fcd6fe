using System.Collections.Immutable;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What one pass has found so far.</summary>
internal sealed class PassFindings(Inventory inventory)
{
    private readonly Dictionary<string, string> rollouts = new(StringComparer.Ordinal);

    public Inventory Inventory => inventory;

    /// <summary>The services that are declared, or were until their root Service was deleted.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    public ImmutableArray<ClusterService>.Builder Services { get; } = ImmutableArray.CreateBuilder<ClusterService>();

    public ImmutableArray<DeclaredState>.Builder States { get; } = ImmutableArray.CreateBuilder<DeclaredState>();

    /// <summary>Rollouts are named after service and environment.</summary>
    /// <returns>The service that has this name of rollouts already; null when it is free.</returns>
    public string? TakeName(string service, string environment) =>
        rollouts.TryAdd($"{service}-{environment}", service) ? null : rollouts[$"{service}-{environment}"];

    /// <summary>What is controlled, and what only the route of is to be released.</summary>
    public (ImmutableArray<ServiceSpec> All, ImmutableArray<ServiceSpec> Over) Specs() => (
        [.. Services.Where(f => f.Departure != Departure.Over).Select(f => f.Spec).OfType<ServiceSpec>()],
        [.. Services.Where(f => f.Departure == Departure.Over).Select(f => f.Spec).OfType<ServiceSpec>()]);
}
