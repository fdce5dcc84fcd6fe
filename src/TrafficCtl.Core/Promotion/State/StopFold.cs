using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>Folds vetoes and stops of the line.</summary>
internal static class StopFold
{
    public static PromotionState Apply(PromotionState state, PromotionFact fact) => fact switch
    {
        PromotionFact.Vetoed vetoed => Veto(state, vetoed),
        PromotionFact.Unvetoed unvetoed => Unveto(state, unvetoed),
        PromotionFact.LineStopped stopped => Stop(state, stopped),
        PromotionFact.LineReleased released => Release(state, released),
        _ => throw new UnreachableException(),
    };

    private static PromotionState Veto(PromotionState state, PromotionFact.Vetoed fact)
    {
        state.Find(fact.Bundle);
        var environment = state.In(fact.Environment);
        var veto = new Veto(fact.Environment, fact.Scope, fact.Until, fact.IsAutomatic, fact.Stamp);
        var of = state.Vetoes.GetValueOrDefault(fact.Bundle, []);
        return (state with { Vetoes = state.Vetoes.SetItem(fact.Bundle, of.Add(veto)) })
            .With(fact.Environment, environment with { PendingVetoes = environment.PendingVetoes.Remove(fact.Bundle) });
    }

    private static PromotionState Unveto(PromotionState state, PromotionFact.Unvetoed fact)
    {
        var environment = state.In(fact.Environment);
        var kept = state.Vetoes.GetValueOrDefault(fact.Bundle, []).RemoveAll(v => v.Environment == fact.Environment);
        var vetoes = kept.IsEmpty ? state.Vetoes.Remove(fact.Bundle) : state.Vetoes.SetItem(fact.Bundle, kept);
        environment = environment.With(fact.Bundle, environment.Of(fact.Bundle) with { Failure = null, Abort = null });
        return (state with { Vetoes = vetoes })
            .With(fact.Environment, environment with { PendingVetoes = environment.PendingVetoes.Remove(fact.Bundle) });
    }

    private static PromotionState Stop(PromotionState state, PromotionFact.LineStopped fact)
    {
        if (state.Stops.All(s => s.Scope != fact.Scope))
            state = state with { Stops = state.Stops.Add(new(fact.Scope, fact.IsAutomatic, fact.Stamp)) };
        if (fact.Scope.Environment is not { } name) return state;
        var environment = state.In(name);
        return state.With(name, fact.Scope.Target is { } target
            ? environment with { TargetStopsDue = environment.TargetStopsDue.Remove(target) }
            : environment with { StopDue = null });
    }

    /// <summary>Failures before the release count no longer.</summary>
    private static PromotionState Release(PromotionState state, PromotionFact.LineReleased fact)
    {
        state = state with { Stops = state.Stops.RemoveAll(s => s.Scope == fact.Scope) };
        foreach (var (name, environment) in state.Environments)
            if (fact.Scope.Covers(name, null)) state = state.With(name, environment with { LastFailure = null, StopDue = null });
        return state;
    }
}
