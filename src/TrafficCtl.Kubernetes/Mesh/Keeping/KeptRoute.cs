using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Confirming;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>All that outlives one call about one route. Its only owner is the <see cref="RouteKeeper"/>.</summary>
internal sealed record KeptRoute
{
    public static readonly KeptRoute Nothing = new();

    /// <summary>The routing object that the rest is about; null before the first call.</summary>
    public RouteReference? Place { get; init; }

    /// <summary>The newest route that was asked for.</summary>
    public ServiceRoute? Asked { get; init; }

    /// <summary>The route whose split was last written or found.</summary>
    public ServiceRoute? Put { get; init; }

    /// <summary>The route that counts as in force.</summary>
    public ServiceRoute? Confirmed { get; init; }

    /// <summary>The split of <see cref="Put"/>.</summary>
    public WantedSplit? Split { get; init; }

    /// <summary>The way of <see cref="Split"/> into force.</summary>
    public Confirmation? Confirmation { get; init; }

    /// <summary>What was last written, and what the ledger has of it.</summary>
    public RouteBook Book { get; init; } = RouteBook.Unread;

    /// <summary>The managed rule as it was last seen.</summary>
    public ManagedRule? Rule { get; init; }

    /// <summary>The live objects in which <see cref="Split"/> needs no write; null when they have to be compared again.</summary>
    public RouteScene? Clean { get; init; }

    /// <summary>An abort that is carried out and not answered yet.</summary>
    public Wish? Abort { get; init; }

    /// <summary>Why the last call failed; null when it did not.</summary>
    public string? Trouble { get; init; }

    /// <summary>Why less is written than was asked for; null when all is.</summary>
    public string? Held { get; init; }

    /// <summary>Another routing object is named: what was written to the one before says nothing of who has written to this one.</summary>
    public KeptRoute At(RouteReference place) => place == Place ? this : Place is null ? this with { Place = place } : this with
    {
        Place = place,
        Book = RouteBook.Unread with { Trouble = Book.Trouble },
        Split = null,
        Confirmed = null,
        Confirmation = null,
        Clean = null,
    };

    /// <summary>The object says what is wanted, because it was written or because it was found so.</summary>
    public KeptRoute Done(WantedSplit wanted, ServiceRoute route, bool hasWritten, TimeProvider clock)
    {
        var isNew = Confirmation is null
            || hasWritten
            || !wanted.IsSame(Split)
            || (!Confirmation.IsDone && Put?.RolloutId != route.RolloutId);
        return this with
        {
            Confirmation = isNew ? new Confirmation(wanted, route.RolloutId, Split?.General, clock) : Confirmation,
            Book = hasWritten ? Book with { IsInDoubt = false } : Book.Taken(wanted, route),
            Split = wanted,
            Put = route,
        };
    }

    public KeptRoute Failed(MeshException fault) => this with { Trouble = fault.Message, Clean = null };
}
