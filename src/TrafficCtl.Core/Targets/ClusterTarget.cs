using System.Collections.Immutable;

namespace TrafficCtl.Core.Targets;

/// <summary>Where a service runs on Kubernetes, and what splits its traffic there.</summary>
public sealed record ClusterTarget : Target
{
    public required string Namespace { get; init; }

    /// <summary>The Service that clients address; the split is of its traffic.</summary>
    public required string Service { get; init; }

    /// <summary>The Services that versions run behind, the one that is to serve in the long run first: usually two.</summary>
    public required ImmutableArray<Slot> Slots { get; init; }

    /// <summary>The routing object, or the first of several.</summary>
    public required RouteReference Route { get; init; }

    /// <summary>The mode of <see cref="Route"/>.</summary>
    public RouteMode Mode { get; init; }

    /// <summary>
    /// The other routing objects that carry the same split; usually none. At most <see cref="MostRoutes"/> with the first.
    /// </summary>
    public ImmutableArray<RoutePart> Also { get; init; } = [];

    /// <summary>All routing objects, in the order of the declaration; at least one.</summary>
    public ImmutableArray<RoutePart> Routes => [new(Route, Mode), .. Also];

    /// <summary>For a person: <c>istio/checkout#primary, gateway-api/checkout</c>.</summary>
    public string RoutesText => Also.IsEmpty ? Route.ToString() : string.Join(", ", Routes.Select(r => r.Route));

    public override string Kind => "on Kubernetes";

    public override string Entrance => RoutesText;

    public override bool NamesVersions => false;

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

    /// <summary>
    /// The mesh splits by the header <c>x-tc-bucket</c>, which the edge sets: the same user meets the same arm on every hop. Whole percents
    /// only.
    /// </summary>
    public bool IsSplitByBucket { get; init; }

    /// <summary>The name of the preset that says what the mesh calls its metrics, such as <c>istio</c>.</summary>
    public required string Metrics { get; init; }

    /// <summary>
    /// The target seen from one of its routing objects: that one is <see cref="Route"/>, the others are <see cref="Also"/>.
    /// </summary>
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
