using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>What was last written to a route: as this process knows it, and as the ledger has it.</summary>
internal sealed record RouteBook
{
    public static readonly RouteBook Unread = new();

    /// <summary>What the object was last told, or was found to say already; null before either.</summary>
    public LedgerEntry? Entry { get; init; }

    /// <summary>The entry as the ledger has it; null where it has none.</summary>
    public LedgerEntry? Saved { get; init; }

    /// <summary>The ledger was asked.</summary>
    public bool IsRead { get; init; }

    /// <summary>The write of <see cref="Entry"/> may not have happened.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>Why the ledger does not have the entry; null when it has.</summary>
    public string? Trouble { get; init; }

    /// <summary>A mirror in the object may be the controller's.</summary>
    public bool HasShadow => Entry?.HasShadow(IsInDoubt) == true;

    /// <summary>After a look at the object: what it was told stands there.</summary>
    public RouteBook Seen(LiveShares? found) =>
        found is not null && found.Rounded.Equals(Entry?.Now) ? this with { IsInDoubt = false } : this;

    /// <summary>What was found as it is wanted belongs to the controller from now on, as if it had been written.</summary>
    public RouteBook Taken(WantedSplit wanted, ServiceRoute route) => wanted.Shares.Equals(Entry?.Now) ? this : this with
    {
        Entry = new LedgerEntry(Entry?.Route ?? "", route.Generation, null, wanted.Shares, null)
        {
            Stable = wanted.Stable.Service,
            Rollout = route.RolloutId,
            Abort = Entry?.Abort,
        },
        IsInDoubt = false,
    };
}
