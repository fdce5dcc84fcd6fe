using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>Whether what a person asks for can be recorded. What is recorded, the engine follows.</summary>
public static class Orders
{
    /// <summary>Why it is refused, and what to do instead; null where it may be recorded.</summary>
    /// <param name="order">The fact that it would become.</param>
    public static string? Refusal(PromotionSpec spec, PromotionState state, PromotionFact order, DateTimeOffset now) => order switch
    {
        PromotionFact.Published published => state.Line.Refusal(published.Bundle),
        PromotionFact.LineStopped stopped => Reasoned(order) ?? Known(spec, stopped.Scope),
        PromotionFact.LineReleased released => state.Stops.Exists(s => s.Scope == released.Scope)
            ? null
            : $"the line of {released.Scope} is not stopped; {Stopped(state)}",
        PromotionFact.Pinned o => Ask(spec, state, o.Environment, o.Bundle, now, Pin),
        PromotionFact.Unpinned o => Ask(
            spec, state, o.Environment, now, static at => at.State.Pin is null ? "nothing is pinned there" : null),
        PromotionFact.Held o => Ask(spec, state, o.Environment, o.Bundle, now, Hold),
        PromotionFact.Released o => Ask(
            spec, state, o.Environment, now, static at => at.State.Hold is null ? "nothing is held there" : null),
        PromotionFact.Vetoed o => Reasoned(order) ?? (o.Until <= now
            ? $"the veto would end at {InstantText.Of(o.Until.Value)}, which is past"
            : Ask(spec, state, o.Environment, o.Bundle, now, Veto)),
        PromotionFact.Unvetoed o => Ask(spec, state, o.Environment, o.Bundle, now, Unveto),
        PromotionFact.BreakGlassBegun o => Reasoned(order) ?? Ask(spec, state, o.Environment, now, static at =>
            at.State.BreakGlass is { } broken ? $"{broken.Stamp.Who} broke the glass at {InstantText.Of(broken.Stamp.At)} already" : null),
        PromotionFact.BreakGlassLifted o => Ask(spec, state, o.Environment, now, static at =>
            at.State.BreakGlass is null ? "nobody broke the glass there" : null),
        PromotionFact.PromotionOrdered o => Ask(spec, state, o.Environment, o.Bundle, now, Promote),
        PromotionFact.GateVoted o =>
            Ask(spec, state, o.Environment, o.Bundle, now, (at, placed) => ApprovalRules.Refusal(at, placed, o)),
        PromotionFact.EvidenceRevoked o =>
            Ask(spec, state, o.Environment, o.Bundle, now, (at, placed) => Revoke(at, placed, o.Gate)),
        _ => $"{order.Name} is reported by the system, and is nobody's to order",
    };

    private static string? Reasoned(PromotionFact order) =>
        string.IsNullOrWhiteSpace(order.Stamp.Why) ? "a reason is missing: say why with --reason" : null;

    private static string? Known(PromotionSpec spec, LineScope scope)
    {
        if (scope.Environment is not { } name) return scope.Target is null ? null : $"target {scope.Target} needs its environment";
        if (spec.Find(name) is not { } environment) return Unknown(spec, name);
        return scope.Target is not { } target || environment.Targets.Contains(target)
            ? null
            : $"{name} has no target {target}; it has {string.Join(", ", environment.Targets)}";
    }

    private static string? Ask(
        PromotionSpec spec, PromotionState state, string environment, DateTimeOffset now, Func<EnvironmentContext, string?> ask) =>
        spec.Find(environment) is { } found ? ask(new(spec, found, state, now)) : Unknown(spec, environment);

    private static string? Ask(
        PromotionSpec spec, PromotionState state, string environment, string bundle, DateTimeOffset now,
        Func<EnvironmentContext, Placed, string?> ask) =>
        Ask(spec, state, environment, now, at => state.Line.Find(bundle) is { } placed
            ? ask(at, placed)
            : $"{spec.Service} has no such bundle; publish it first");

    private static string Unknown(PromotionSpec spec, string environment) =>
        $"{spec.Service} has no environment {environment}; it has {string.Join(", ", spec.Environments.Select(e => e.Name))}";

    private static string? Pin(EnvironmentContext at, Placed placed)
    {
        if (at.State.BreakGlass is not null) return null;
        if (Vetoes.Of(at.Spec, at.All, at.Name, placed.Bundle.Hash, at.Now) is { } veto) return Vetoed(placed, veto);
        return DataRules.Barrier(at.All.Line, placed.Order, at.State.Newest) is { } barrier
            ? $"{placed.Bundle.Name} cannot read the data since {barrier.Bundle.Name}, which is "
                + $"{CompatibilityWords.Of(barrier.Bundle.Compatibility)}; publish a newer version, or break the glass"
            : null;
    }

    private static string? Hold(EnvironmentContext at, Placed placed) =>
        at.UsableSeat == placed || at.State.Of(placed.Bundle.Hash).GoodAt is not null
            ? null
            : $"{placed.Bundle.Name} does not run in {at.Name} and was not Good there; pin it to bring it there";

    private static string? Veto(EnvironmentContext at, Placed placed) => at.State.Pin is { } pin && pin.Bundle == placed.Bundle.Hash
        ? $"{pin.Stamp.Who} pinned {placed.Bundle.Name} in {at.Name}; unpin it first"
        : null;

    private static string? Unveto(EnvironmentContext at, Placed placed)
    {
        var hash = placed.Bundle.Hash;
        if (at.All.Vetoes.GetValueOrDefault(hash, []).Exists(v => v.Environment == at.Name)) return null;
        if (at.State.Of(hash) is { Failure: not null } or { Abort: not null }) return null;
        return Vetoes.Of(at.Spec, at.All, at.Name, hash, at.Now) is { } veto
            ? $"{placed.Bundle.Name} is vetoed in {veto.Environment}; unveto it there"
            : $"{placed.Bundle.Name} is not vetoed in {at.Name}";
    }

    private static string? Promote(EnvironmentContext at, Placed placed)
    {
        var hash = placed.Bundle.Hash;
        if (Vetoes.Of(at.Spec, at.All, at.Name, hash, at.Now) is { } veto) return Vetoed(placed, veto);
        if (at.UsableSeat == placed) return $"{placed.Bundle.Name} is what {at.Name} runs already";
        var isCandidate = Candidates.Of(at, at.UsableSeat ?? at.LastGood).Any(c => c.Order == placed.Order);
        return isCandidate || placed.Order >= at.State.Newest
            ? null
            : $"{placed.Bundle.Name} is older than what ran in {at.Name}; pin it to go back to it";
    }

    private static string? Revoke(EnvironmentContext at, Placed placed, string? gate)
    {
        var record = at.State.Of(placed.Bundle.Hash);
        if (gate is null)
            return record.GoodAt is null ? $"{placed.Bundle.Name} is not Good in {at.Name}: there is nothing to revoke" : null;
        return record.Gates.GetValueOrDefault(gate)?.Verdict is null
            ? $"{gate} has not answered about {placed.Bundle.Name} in {at.Name}: there is nothing to revoke"
            : null;
    }

    private static string Vetoed(Placed placed, Veto veto) =>
        $"{placed.Bundle.Name} is vetoed in {veto.Environment} by {veto.Stamp.Who}: {veto.Stamp.Why}; unveto it there first";

    private static string Stopped(PromotionState state) => state.Stops.IsEmpty
        ? "nothing is stopped"
        : $"stopped are {string.Join(", ", state.Stops.Select(s => s.Scope))}";
}
