using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>
/// What was last written to each route: by which a later process tells its own unfinished work from an external change, and a restore
/// knows what is its own.
/// </summary>
internal interface IRouteLedger
{
    /// <summary>
    /// The entry of the target's <see cref="ClusterTarget.Route"/>; where nothing was written to it, that of another route of the
    /// service. An abort is of
    /// the service: the entry carries it whichever of its routes it was put on record with.
    /// </summary>
    /// <returns>Null when nothing was ever written for the service.</returns>
    ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop);

    /// <summary>All that was written and not let go, whether the service is still known or not.</summary>
    ValueTask<ImmutableArray<(string Service, LedgerEntry Entry)>> AllAsync(CancellationToken stop);

    /// <summary>
    /// Saved before the route is written. Entries of the target's other routes stay; of those that it names no more none.
    /// </summary>
    ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop);

    /// <summary>The target's <see cref="ClusterTarget.Route"/> is let go.</summary>
    ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop);
}

/// <param name="Route">The routing object, as a delivery file names it.</param>
/// <param name="Generation">The generation of the route that asked for it.</param>
/// <param name="Before">What the object said, or was last told; the write may not have happened. Null when it was not made yet.</param>
/// <param name="Now">What it gets.</param>
/// <param name="By">The field manager of <paramref name="Before"/>, with its time: the same weights by a later manager are a drift, and no
/// unfinished write.</param>
internal sealed record LedgerEntry(string Route, long Generation, SlotShares? Before, SlotShares Now, string? By)
{
    /// <summary>The Service of the slot whose version was stable; null in entries of older builds.</summary>
    public string? Stable { get; init; }

    /// <summary>The rollout that asked for it; null without one.</summary>
    public string? Rollout { get; init; }

    /// <summary>An abort that is carried out and that the store has not answered; null without one.</summary>
    public Wish? Abort { get; init; }

    /// <summary>A mirror in the object may be the controller's; without it those that are there are somebody else's.</summary>
    /// <param name="isInDoubt">The last write may not have happened.</param>
    public bool HasShadow(bool isInDoubt) => Now.Shadow > 0 || (isInDoubt && Before?.Shadow > 0);
}
