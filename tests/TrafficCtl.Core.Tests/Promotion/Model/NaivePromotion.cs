using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using static TrafficCtl.Core.Promotion.Facts.PromotionFact;

namespace TrafficCtl.Core.Tests.Promotion.Model;

/// <summary>The rules of docs/decisions/0014, written a second time in the plainest way.</summary>
internal sealed class NaivePromotion(NaiveFacts facts, string environment)
{
    private readonly EnvironmentSpec _spec = facts.Spec(environment);

    public string? Pin => facts.Last<Pinned>(p => p.Environment == environment) > facts.Last<Unpinned>(p => p.Environment == environment)
        ? facts.Find<Pinned>(p => p.Environment == environment)!.Bundle
        : null;

    public string? Hold => facts.Last<Held>(p => p.Environment == environment) > facts.Last<Released>(p => p.Environment == environment)
        ? facts.Find<Held>(p => p.Environment == environment)!.Bundle
        : null;

    public bool IsGlassBroken => facts.Last<BreakGlassBegun>(b => b.Environment == environment)
        > facts.Last<BreakGlassLifted>(b => b.Environment == environment);

    public string? LastGood => facts.GoodOnes(environment).FirstOrDefault(b =>
        facts.IsGood(environment, b) && !facts.MustNotRun(environment, b) && facts.CanRead(b, facts.Newest(environment))
        && (Hold is not { } hold || facts.Order(b) <= facts.Order(hold)));

    public string? UsableSeat =>
        facts.Seat(environment) is { IsOver: false } seat && !facts.MustNotRun(environment, seat.Bundle) ? seat.Bundle : null;

    public (string? Bundle, DesiredBy By) Desired()
    {
        if (Pin is { } pin)
            return IsGlassBroken || facts.CanRead(pin, facts.Newest(environment)) ? (pin, DesiredBy.Pin) : (null, DesiredBy.Nothing);
        var last = LastGood is { } good ? (good, DesiredBy.LastGood) : ((string?)null, DesiredBy.Nothing);
        if (Hold is { } hold)
        {
            var isHere = UsableSeat == hold || facts.IsGood(environment, hold);
            return isHere && !facts.MustNotRun(environment, hold) && facts.CanRead(hold, facts.Newest(environment))
                ? (hold, DesiredBy.Hold)
                : last;
        }

        if (UsableSeat is { } kept && facts.Seat(environment) is { IsPromoted: true, IsSettled: false }) return (kept, DesiredBy.Seat);
        if (Candidates(UsableSeat ?? LastGood).FirstOrDefault(IsApproved) is { } approved) return (approved, DesiredBy.Approved);
        return UsableSeat is { } seat ? (seat, facts.Seat(environment)!.IsSettled ? DesiredBy.Settled : DesiredBy.Seat) : last;
    }

    public bool IsApproved(string bundle)
    {
        var isOrdered = facts.IsOrdered(environment, bundle);
        var lost = facts.Last<StateLost>(_ => true);
        var isLost = lost >= 0 && facts.Last<Published>(p => p.Bundle.Hash == bundle, lost) >= 0;
        if ((isLost || IsBeforeLost(bundle, lost)) && !isOrdered) return false;
        if (facts.MustNotRun(environment, bundle)) return false;
        if (IsForced(bundle)) return true;
        return !IsStopped(null) && _spec.After.All(before => facts.IsEvidenceFor(before, bundle))
            && (_spec.Mode == PromotionMode.Auto || isOrdered) && _spec.Needs.All(gate => IsOpen(gate, bundle));
    }

    public bool IsForced(string bundle) => IsGlassBroken && (facts.IsOrdered(environment, bundle) || Pin == bundle
        || (facts.Seat(environment) is { IsOrdered: true } seat && seat.Bundle == bundle));

    public bool IsStopped(string? target) => facts.All.OfType<LineStopped>().Select(s => s.Scope).Distinct().Any(scope =>
        facts.Last<LineStopped>(s => s.Scope == scope) > facts.Last<LineReleased>(s => s.Scope == scope)
        && (scope.Environment is null || scope.Environment == environment) && (scope.Target is null || scope.Target == target));

    public bool IsOpen(EntryGate gate, string bundle)
    {
        GateAnswered? word = null;
        var (round, isAnswered) = (0, false);
        foreach (var fact in facts.All)
            switch (fact)
            {
                case EvidenceRevoked revoked when revoked.Environment == environment && revoked.Bundle == bundle && revoked.Gate == gate.Id:
                    (word, isAnswered) = (null, false);
                    round++;
                    break;
                case GateAsked asked when asked.Environment == environment && asked.Bundle == bundle && asked.Gate == gate.Id:
                    if (asked.Round > round) (round, isAnswered) = (asked.Round, false);
                    break;
                case GateAnswered answer when answer.Environment == environment && answer.Bundle == bundle && answer.Gate == gate.Id:
                    if (answer.Verdict == GateVerdict.Waiting) break;
                    if (answer.Verdict == GateVerdict.Errored && isAnswered && word?.Verdict is not GateVerdict.Errored) break;
                    (word, isAnswered) = (answer, true);
                    break;
            }

        if (word is { Stamp.Who: FactStamp.Engine }) return word.Verdict == GateVerdict.Passed;
        if (gate.Soak is { } soak) return facts.Soaked(soak.In, facts.Bearer(soak.In, bundle)) >= soak.For;
        if (word is not { Verdict: GateVerdict.Passed }) return false;
        var until = word.Expires ?? (gate.Kind == GateKind.Live ? word.Stamp.At + gate.Freshness : null);
        return until is null || facts.Now < until;
    }

    public (TargetAction Action, string? Bundle) Action(string name, (string? Bundle, DesiredBy By) resolved)
    {
        var target = facts.Target(environment, name);
        var desired = resolved.Bundle;
        if (target is { Current: null, Active: null } && resolved.By is not (DesiredBy.Pin or DesiredBy.Hold or DesiredBy.Nothing))
            desired = LastGood is { } good && facts.Order(good) < facts.Order(desired!) ? good : desired;
        if (!target.IsConnected) return (TargetAction.Wait, desired);
        if (target.Active is not { } active)
        {
            if (desired == target.Current || desired is null) return (TargetAction.Keep, desired);
            var isBad = target.Current is { } current && facts.MustNotRun(environment, current);
            return isBad ? (TargetAction.GoBack, desired) : (IsHeldBack(name, desired) ? TargetAction.Wait : TargetAction.Start, desired);
        }

        var mustNot = facts.MustNotRun(environment, active) && !(resolved.By == DesiredBy.Pin && desired == active);
        if (mustNot) return desired is null ? (TargetAction.Pause, null) : (TargetAction.GoBack, desired);
        var isOnItsWay = desired == active || desired is null
            || (target.Current is null && LastGood == active && resolved.By != DesiredBy.Pin && facts.Order(desired) > facts.Order(active));
        if (isOnItsWay) return (target.IsPromoted || !IsHeldBack(name, active) ? TargetAction.Continue : TargetAction.Pause, active);
        if (facts.Order(desired!) < facts.Order(active)) return (TargetAction.GoBack, desired);
        if (target.IsPromoted && resolved.By != DesiredBy.Pin) return (TargetAction.Wait, desired);
        return (IsHeldBack(name, desired!) ? TargetAction.Wait : TargetAction.Start, desired);
    }

    private bool IsHeldBack(string name, string bundle)
    {
        if (IsForced(bundle)) return false;
        var isTargetStopped = facts.All.OfType<LineStopped>().Any(s => s.Scope.Environment == environment && s.Scope.Target == name
            && facts.Last<LineStopped>(t => t.Scope == s.Scope) > facts.Last<LineReleased>(t => t.Scope == s.Scope));
        if (isTargetStopped || (IsStopped(name) && LastGood != bundle)) return true;
        var isLetIn = facts.Seat(environment) is { IsSettled: false, IsOver: false } seat && seat.Bundle == bundle;
        return isLetIn && Pin is null && Desired().Bundle == bundle
            && _spec.Needs.Any(gate => gate.Kind == GateKind.Live && !IsOpen(gate, bundle));
    }

    private bool IsBeforeLost(string bundle, int lost) => lost >= 0 && facts.All.Take(lost).OfType<Published>()
        .Any(p => facts.Order(p.Bundle.Hash) >= facts.Order(bundle));

    private IEnumerable<string> Candidates(string? settled)
    {
        var newest = facts.Newest(environment);
        var all = facts.Published.Select(b => b.Hash).OrderByDescending(facts.Order).ToList();
        foreach (var bundle in all.Where(b => facts.Order(b) >= newest && b != settled)) yield return bundle;
        if (settled is null || Math.Floor(facts.Order(settled)) >= Math.Floor(newest)) yield break;
        var revisions = all.Where(b => facts.VersionOf(b) == facts.VersionOf(settled) && facts.Order(b) > facts.Order(settled));
        foreach (var revision in revisions.TakeWhile(r => !facts.HasStarted(environment, r)))
            if (facts.CanRead(revision, newest)) yield return revision;
    }
}
