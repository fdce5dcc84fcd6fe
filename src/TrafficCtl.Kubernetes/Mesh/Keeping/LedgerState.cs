using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>What was last written to a route: as this process knows it, and as the ledger has recorded it.</summary>
internal sealed record LedgerState
{
    public static readonly LedgerState Unread = new();

    /// <summary>What was last written to the object, or found in place already; null before either.</summary>
    public LedgerEntry? Entry { get; init; }

    /// <summary>The entry that the ledger has; null when it has none.</summary>
    public LedgerEntry? Saved { get; init; }

    /// <summary>The ledger was read.</summary>
    public bool IsRead { get; init; }

    /// <summary>The write of <see cref="Entry"/> may not have happened.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>Why the entry could not be saved in the ledger; null when it was saved.</summary>
    public string? Trouble { get; init; }

    /// <summary>A mirror in the object may have been written by the controller.</summary>
    public bool HasShadow => Entry?.HasShadow(IsInDoubt) == true;

    /// <summary>The state after a read of the object: if the last write is there, it is no longer in doubt.</summary>
    public LedgerState Seen(LiveShares? found) =>
        found is not null && found.Rounded.Equals(Entry?.Now) ? this with { IsInDoubt = false } : this;

    /// <summary>A wanted split that was found in place is treated as written by the controller from now on.</summary>
    public LedgerState Taken(WantedSplit wanted, ServiceRoute route) => wanted.Shares.Equals(Entry?.Now) ? this : this with
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
