namespace TrafficCtl.Core.Targets;

/// <summary>A routing object as the delivery file names it: <c>istio/checkout#primary</c>.</summary>
/// <param name="Dialect"><c>istio</c>, <c>smi</c>, <c>gateway-api</c>, <c>ingress-nginx</c>, <c>traefik</c> or <c>consul</c>.</param>
/// <param name="Name">The name of the object, in the target's namespace.</param>
/// <param name="Rule">The name of the rule in it; null when it has only one.</param>
public sealed record RouteReference(string Dialect, string Name, string? Rule)
{
    /// <summary>The second route, of the controller's own, that cohorts go by where a mesh needs one.</summary>
    public string CohortsName => Name + CohortsEnding;

    /// <summary>What <see cref="CohortsName"/> ends with.</summary>
    public const string CohortsEnding = "-tc-cohorts";

    public override string ToString() => Rule is null ? $"{Dialect}/{Name}" : $"{Dialect}/{Name}#{Rule}";
}
