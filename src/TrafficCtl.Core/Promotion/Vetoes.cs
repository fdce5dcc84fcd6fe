using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>Which vetoes reach an environment.</summary>
internal static class Vetoes
{
    /// <summary>One that is in force there; null for none.</summary>
    public static Veto? Of(PromotionSpec spec, PromotionState state, string environment, string bundle, DateTimeOffset now)
    {
        if (state.Vetoes.IsEmpty || !state.Vetoes.TryGetValue(bundle, out var vetoes)) return null;
        foreach (var veto in vetoes)
            if (veto.IsInForce(now) && Reaches(spec, veto, environment)) return veto;
        return null;
    }

    private static bool Reaches(PromotionSpec spec, Veto veto, string environment) => veto.Scope switch
    {
        VetoScope.Service => true,
        VetoScope.Downstream => veto.Environment == environment || spec.IsUpstream(veto.Environment, environment),
        _ => veto.Environment == environment,
    };
}
