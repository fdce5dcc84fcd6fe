using System.Collections.Immutable;

namespace TrafficCtl.Core.Delivery;

/// <summary>Where a service runs on Kubernetes, and what splits its traffic there.</summary>
public sealed record ClusterTarget
{
    public required string Namespace { get; init; }

    /// <summary>The Service that clients address; the split is of its traffic.</summary>
    public required string Service { get; init; }

    /// <summary>The Services that versions run behind, the one that is to serve in the long run first: usually two.</summary>
    public required ImmutableArray<Slot> Slots { get; init; }

    /// <summary>The routing object, or the first of several.</summary>
    public required RouteReference Route { get; init; }

    /// <summary>Of <see cref="Route"/>.</summary>
    public RouteMode Mode { get; init; }

    /// <summary>The other routing objects that carry the same split; usually none. At most <see cref="MostRoutes"/> with the first.</summary>
    public ImmutableArray<RoutePart> Also { get; init; } = [];

    /// <summary>All routing objects, in the order of the declaration; at least one.</summary>
    public ImmutableArray<RoutePart> Routes => [new(Route, Mode), .. Also];

    /// <summary>For a person: <c>istio/checkout#primary, gateway-api/checkout</c>.</summary>
    public string RoutesText => Also.IsEmpty ? Route.ToString() : string.Join(", ", Routes.Select(r => r.Route));

    /// <summary>Another of the routes is a rule of the same object: whoever writes the one is booked for both.</summary>
    public bool SharesObject => Also.Any(a => a.Route.Dialect == Route.Dialect && a.Route.Name == Route.Name);

    /// <summary>Another route of the service, of the same kind, is this rule: its weights are the controller's too.</summary>
    public bool Manages(string? name, string? rule) =>
        Also.Any(a => a.Route.Dialect == Route.Dialect && a.Route.Name == name && (a.Route.Rule is null || a.Route.Rule == rule));

    /// <summary>Another route of the service, of the same kind, is this object, or a rule of it.</summary>
    public bool Manages(string? name) => Also.Any(a => a.Route.Dialect == Route.Dialect && a.Route.Name == name);

    /// <summary>A service has no more routing objects than this.</summary>
    public const int MostRoutes = 16;

    public DriftPolicy Drift { get; init; }

    /// <summary>The mesh splits by the header <c>x-tc-bucket</c>, which the edge sets: the same user meets the same arm on every hop. Whole percents only.</summary>
    public bool IsSplitByBucket { get; init; }

    /// <summary>The name of the preset that says what the mesh calls its metrics, such as <c>istio</c>.</summary>
    public required string Metrics { get; init; }

    /// <summary>The target seen from one of its routing objects: that one is <see cref="Route"/>, the others are <see cref="Also"/>.</summary>
    /// <param name="index">In <see cref="Routes"/>.</param>
    /// <returns>Null when there are not so many.</returns>
    public ClusterTarget? OfRoute(int index) =>
        index == 0 ? this
        : index > Also.Length ? null
        : this with { Route = Also[index - 1].Route, Mode = Also[index - 1].Mode, Also = Also.SetItem(index - 1, new(Route, Mode)) };

    /// <summary>The first slot that runs a version and may take its traffic; null when none runs it.</summary>
    public Slot? SlotOf(string version)
    {
        Slot? found = null;
        foreach (var slot in Slots)
        {
            if (slot.Version != version) continue;
            if (slot.IsReady) return slot;
            found ??= slot;
        }

        return found;
    }
}

/// <summary>A Service and the version behind it now.</summary>
/// <param name="Service">In the target's namespace.</param>
/// <param name="Port">Of the Service; null where the routing object names none.</param>
/// <param name="Workload">The Deployment behind it, as metrics name it; null when it is not known.</param>
/// <param name="Version">Null while nothing, or more than one version, runs there.</param>
/// <param name="IsReady">It has the endpoints that its traffic needs.</param>
public sealed record Slot(string Service, int? Port, string? Workload, string? Version, bool IsReady);

/// <summary>A routing object as the delivery file names it: <c>istio/checkout#primary</c>.</summary>
/// <param name="Dialect"><c>istio</c>, <c>smi</c>, <c>gateway-api</c>, <c>ingress-nginx</c>, <c>traefik</c> or <c>consul</c>.</param>
/// <param name="Name">Of the object, in the target's namespace.</param>
/// <param name="Rule">The name of the rule in it; null when it has only one.</param>
public sealed record RouteReference(string Dialect, string Name, string? Rule)
{
    /// <summary>The second route, of the controller's own, that cohorts go by where a mesh needs one.</summary>
    public string CohortsName => Name + CohortsEnding;

    /// <summary>What <see cref="CohortsName"/> ends with.</summary>
    public const string CohortsEnding = "-tc-cohorts";

    public override string ToString() => Rule is null ? $"{Dialect}/{Name}" : $"{Dialect}/{Name}#{Rule}";
}

/// <summary>One of the routing objects of a service, and how it is written.</summary>
public sealed record RoutePart(RouteReference Route, RouteMode Mode);

public enum RouteMode
{
    /// <summary>An object of somebody else: only weights are patched, and nothing else of it is touched.</summary>
    Patch,

    /// <summary>An object of the controller's own, made and deleted by it.</summary>
    Owned,
}

/// <summary>What is done when the live weights are not the ones last written. One that lowers the candidate by a person's hand is an abort under each of them.</summary>
public enum DriftPolicy
{
    /// <summary>Correct what a known GitOps manager wrote, pause for a person.</summary>
    Auto,
    Correct,
    Pause,
    Adopt,
}
