using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

/// <summary>The bundle that an environment goes back to.</summary>
internal static class LastGoods
{
    /// <summary>
    /// The latest that is Good here, may run, is not newer than a hold allows, and can read the data of all that ran here; null for none.
    /// </summary>
    public static Placed? Find(EnvironmentContext at)
    {
        var history = at.State.GoodHistory;
        var newest = at.State.Hold is { } hold ? at.All.Find(hold.Bundle).Order : new(int.MaxValue, 0);
        for (var i = history.Count - 1; i >= 0; i--)
        {
            var placed = at.All.Find(history[i]);
            if (placed.Order <= newest && at.State.Of(history[i]).GoodAt is not null && Withdrawals.Of(at, placed) is null
                && DataRules.Barrier(at.All.Line, placed.Order, at.State.Newest) is null) return placed;
        }

        return null;
    }
}
