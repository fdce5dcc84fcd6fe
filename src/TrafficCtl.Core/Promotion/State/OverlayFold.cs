using System.Diagnostics;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>Folds what people order for an environment.</summary>
internal static class OverlayFold
{
    public static PromotionState Apply(PromotionState state, PromotionFact fact) => fact switch
    {
        PromotionFact.Pinned pinned => In(state, pinned.Environment, e => e with
        {
            Pin = new(state.Find(pinned.Bundle).Bundle.Hash, pinned.Stamp),
        }),
        PromotionFact.Unpinned unpinned => In(state, unpinned.Environment, static e => e with { Pin = null }),
        PromotionFact.Held held => In(state, held.Environment, e => e with
        {
            Hold = new(state.Find(held.Bundle).Bundle.Hash, held.Stamp),
        }),
        PromotionFact.Released released => In(state, released.Environment, static e => e with { Hold = null }),
        PromotionFact.BreakGlassBegun begun => In(state, begun.Environment, e => e with { BreakGlass = new(begun.Stamp) }),
        PromotionFact.BreakGlassLifted lifted => In(state, lifted.Environment, static e => e with { BreakGlass = null }),
        PromotionFact.PromotionOrdered ordered => In(state, ordered.Environment, e => Order(e, state, ordered)),
        _ => throw new UnreachableException(),
    };

    /// <summary>An order is another chance for what failed or was aborted here; a veto is lifted apart.</summary>
    private static EnvironmentState Order(EnvironmentState environment, PromotionState state, PromotionFact.PromotionOrdered fact)
    {
        state.Find(fact.Bundle);
        var record = environment.Of(fact.Bundle) with { Failure = null, Abort = null };
        return environment.With(fact.Bundle, record) with
        {
            Orders = environment.Orders.SetItem(fact.Bundle, new(fact.Bundle, fact.Stamp)),
        };
    }

    private static PromotionState In(PromotionState state, string environment, Func<EnvironmentState, EnvironmentState> change) =>
        state.With(environment, change(state.In(environment)));
}
