using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

/// <summary>The bundles that an environment could let in next, newest first.</summary>
internal static class Candidates
{
    /// <summary>How many are looked at.</summary>
    public const int Reach = 50;

    /// <param name="settled">What runs and stays if none is let in; null for nothing.</param>
    public static IEnumerable<Placed> Of(EnvironmentContext at, Placed? settled)
    {
        var (line, newest, looked) = (at.All.Line, at.State.Newest, 0);
        for (var i = line.Ordered.Count - 1; i >= 0 && line.Ordered[i].Order >= newest && looked < Reach; i--)
        {
            var placed = line.Ordered[i];
            if (settled is not null && placed.Order == settled.Order) continue;
            looked++;
            yield return placed;
            // Everything before it is lost too.
            if (IsLost(at, placed) && at.State.Orders.IsEmpty) yield break;
        }

        if (settled is null || settled.Order.Base >= newest.Base) yield break;
        // The environment went back to an older version: revisions of that are newer than what runs.
        for (var i = line.FirstAfter(new(settled.Order.Base, int.MaxValue)) - 1; i >= 0 && line.Ordered[i].Order > settled.Order; i--)
        {
            var revision = line.Ordered[i];
            if (at.State.Of(revision.Bundle.Hash).StartedAt is not null) yield break;
            if (DataRules.Barrier(line, revision.Order, newest) is null) yield return revision;
        }
    }

    /// <summary>After a loss of the record nothing that was there before starts by itself.</summary>
    public static bool IsLost(EnvironmentContext at, Placed placed) =>
        placed.Order <= at.All.LostUpTo && !at.State.Orders.ContainsKey(placed.Bundle.Hash);
}
