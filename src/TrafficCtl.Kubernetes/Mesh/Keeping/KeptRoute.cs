using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Confirming;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>All state of one route between calls. Owned by the <see cref="RouteKeeper"/> alone.</summary>
internal sealed record KeptRoute
{
    public static readonly KeptRoute Nothing = new();

    /// <summary>The routing object that the rest is about; null before the first call.</summary>
    public RouteReference? Place { get; init; }

    /// <summary>The newest requested route; null before the first.</summary>
    public ServiceRoute? Asked { get; init; }

    /// <summary>The route whose split was last written, or found to be in place already; null before that.</summary>
    public ServiceRoute? Put { get; init; }

    /// <summary>The route that is considered in force; null when none is.</summary>
    public ServiceRoute? Confirmed { get; init; }

    /// <summary>The split of <see cref="Put"/>; null when it is not known.</summary>
    public WantedSplit? Split { get; init; }

    /// <summary>Tracks whether <see cref="Split"/> is in force yet; null before the first write.</summary>
    public Confirmation? Confirmation { get; init; }

    /// <summary>What was last written, and what the ledger has recorded of it.</summary>
    public LedgerState Ledger { get; init; } = LedgerState.Unread;

    /// <summary>The managed rule as it was last read.</summary>
    public ManagedRule? Rule { get; init; }

    /// <summary>The live objects for which <see cref="Split"/> needs no write; null when they have to be compared again.</summary>
    public RouteScene? Clean { get; init; }

    /// <summary>An abort that is in effect and not answered yet; null without one.</summary>
    public Wish? Abort { get; init; }

    /// <summary>Why the last call failed; null when it did not.</summary>
    public string? Trouble { get; init; }

    /// <summary>Why less than the requested split was written; null when all of it was.</summary>
    public string? Held { get; init; }

    /// <summary>
    /// The state for this routing object. If it is another one than before, what was written to the old one is forgotten.
    /// </summary>
    public KeptRoute At(RouteReference place) => place == Place ? this : Place is null ? this with { Place = place } : this with
    {
        Place = place,
        Ledger = LedgerState.Unread with { Trouble = Ledger.Trouble },
        Split = null,
        Confirmed = null,
        Confirmation = null,
        Clean = null,
    };

    /// <summary>The object has the wanted split, because it was written or because it was found so.</summary>
    public KeptRoute Done(WantedSplit wanted, ServiceRoute route, bool hasWritten, TimeProvider clock)
    {
        var isNew = Confirmation is null
            || hasWritten
            || !wanted.IsSame(Split)
            || (!Confirmation.IsDone && Put?.RolloutId != route.RolloutId);
        return this with
        {
            Confirmation = isNew ? new Confirmation(wanted, route.RolloutId, Split?.General, clock) : Confirmation,
            Ledger = hasWritten ? Ledger with { IsInDoubt = false } : Ledger.Taken(wanted, route),
            Split = wanted,
            Put = route,
        };
    }

    public KeptRoute Failed(MeshException fault) => this with { Trouble = fault.Message, Clean = null };
}
