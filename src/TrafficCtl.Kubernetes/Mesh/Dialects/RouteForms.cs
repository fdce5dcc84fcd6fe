using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Mesh.Dialects;

/// <summary>What may be written for <c>route</c>.</summary>
public static class RouteForms
{
    public static ImmutableArray<RouteForm> All { get; } = [.. DialectList.All.Select(d => d.Form)];
}
