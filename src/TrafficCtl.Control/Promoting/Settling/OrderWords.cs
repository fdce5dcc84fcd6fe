using System.Collections.Immutable;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Settling;

/// <summary>What follows from an order, in words.</summary>
internal static class OrderWords
{
    public static string Of(PromotionFact fact, ImmutableArray<EnvironmentDecision> decisions)
    {
        var affected = EnvironmentOf(fact) is { } name ? decisions.Where(d => d.Environment == name) : decisions;
        return $"recorded; {string.Join("; ", affected.Select(static d => $"{d.Environment}: {d.Why}"))}";
    }

    private static string? EnvironmentOf(PromotionFact fact) => fact switch
    {
        PromotionFact.Pinned o => o.Environment,
        PromotionFact.Unpinned o => o.Environment,
        PromotionFact.Held o => o.Environment,
        PromotionFact.Released o => o.Environment,
        PromotionFact.PromotionOrdered o => o.Environment,
        PromotionFact.BreakGlassBegun o => o.Environment,
        PromotionFact.BreakGlassLifted o => o.Environment,
        PromotionFact.LineStopped o => o.Scope.Environment,
        PromotionFact.LineReleased o => o.Scope.Environment,
        _ => null,
    };
}
