namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>Whether a bundle can still read the data after newer ones ran.</summary>
public static class DataRules
{
    /// <summary>The bundle that forbids going back; null where going back is safe.</summary>
    /// <param name="to">What is to run.</param>
    /// <param name="ran">The newest that ran. A version contains the changes of those before it, also of those that never ran.</param>
    public static Placed? Barrier(BundleLine line, BundleOrder to, BundleOrder ran)
    {
        for (var i = line.FirstAfter(ran) - 1; i >= 0 && line.Ordered[i].Order > to; i--)
        {
            var crossed = line.Ordered[i];
            if (crossed.Bundle.Compatibility == Compatibility.ForwardOnly) return crossed;
            if (crossed.Bundle.Compatibility == Compatibility.Contract && !IsExpandedFor(line, i, to)) return crossed;
        }

        return null;
    }

    /// <summary>Newer than the last expansion before that contraction: it needs nothing of what was removed.</summary>
    private static bool IsExpandedFor(BundleLine line, int contraction, BundleOrder to)
    {
        for (var i = contraction - 1; i >= 0; i--)
            if (line.Ordered[i].Bundle.Compatibility == Compatibility.Expand) return to > line.Ordered[i].Order;
        return false;
    }
}
