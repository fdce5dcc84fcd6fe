using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Promotion.Facts.PromotionFact;

namespace TrafficCtl.Core.Tests.Promotion.Model;

/// <summary>What must hold of every decision, whatever the rules are.</summary>
internal static class Promises
{
    public static void Check(NaiveFacts facts, NaivePromotion model, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        Entry(facts, model, spec, decision, at);
        Return(facts, spec, decision, at);
        Overlays(facts, model, spec, decision, at);
        Seat(facts, model, spec, decision, at);
        Targets(facts, model, spec, decision, at);
        Questions(facts, spec, decision, at);
    }

    /// <summary>No promotion without evidence upstream and every gate, unless a person broke the glass for it.</summary>
    private static void Entry(NaiveFacts facts, NaivePromotion model, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        if (decision.By != DesiredBy.Approved) return;
        var bundle = decision.Desired!.Hash;
        Holds(!facts.IsVetoed(spec.Name, bundle) && !facts.IsFailed(spec.Name, bundle), at, "lets in what is vetoed or failed");
        if (model.IsForced(bundle)) return;
        Holds(spec.After.All(before => facts.IsEvidenceFor(before, bundle)), at, "lets in what is not Good upstream");
        Holds(spec.Needs.All(gate => model.IsOpen(gate, bundle)), at, "lets in what a gate keeps out");
        Holds(spec.Mode == PromotionMode.Auto || facts.IsOrdered(spec.Name, bundle), at, "lets in what nobody ordered");
        Holds(!model.IsStopped(null), at, "lets something in on a stopped line");
    }

    /// <summary>Back only to what was Good here, may run, and reads the data; never to what never ran.</summary>
    private static void Return(NaiveFacts facts, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        if (decision.By != DesiredBy.LastGood) return;
        var bundle = decision.Desired!.Hash;
        Holds(facts.GoodOnes(spec.Name).Contains(bundle), at, "goes back to what was never Good");
        Holds(!facts.MustNotRun(spec.Name, bundle), at, "goes back to what must not run");
        Holds(facts.CanRead(bundle, facts.Newest(spec.Name)), at, "goes back to what cannot read the data");
    }

    private static void Overlays(NaiveFacts facts, NaivePromotion model, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        if (model.Pin is { } pin) Holds(decision.Desired is null || decision.Desired.Hash == pin, at, "overrides a pin");
        else if (model.Hold is { } hold && decision.Desired is { } held)
            Holds(facts.Order(held.Hash) <= facts.Order(hold), at, "runs something newer than a hold");
        Holds(model.IsGlassBroken == decision.BreakGlass is not null, at, "hides broken glass");
        if (model.Pin is null) Holds(decision.Desired is not { } any || !facts.IsVetoed(spec.Name, any.Hash), at, "wants what is vetoed");
    }

    private static void Seat(NaiveFacts facts, NaivePromotion model, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        if (model.Pin is not null || model.Hold is not null || model.UsableSeat is not { } seat) return;
        if (facts.Seat(spec.Name) is { IsPromoted: true, IsSettled: false })
            Holds(decision.Desired?.Hash == seat, at, "takes the seat of what is between 100 % and Good");
    }

    /// <summary>Nothing goes on anywhere without its evidence.</summary>
    private static void Targets(NaiveFacts facts, NaivePromotion model, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        foreach (var target in decision.Targets)
        {
            if (target.Action is TargetAction.Start or TargetAction.Continue && target.Bundle is { } bundle && model.Pin != bundle.Hash)
                Holds(!facts.MustNotRun(spec.Name, bundle.Hash), $"{at}/{target.Target}", "runs what lost its evidence");
            if (target.Action != TargetAction.Start) continue;
            Holds(facts.Target(spec.Name, target.Target).IsConnected, $"{at}/{target.Target}", "starts on a target that is away");
            var isTaken = facts.Target(spec.Name, target.Target) is { Active: not null, IsPromoted: true } && model.Pin is null;
            Holds(!isTaken, $"{at}/{target.Target}", "starts while another is between 100 % and Good");
            if (target.Reason is StartReason.Promotion && decision.By == DesiredBy.Approved)
                Holds(IsNewOrRevision(facts, spec.Name, target.Bundle!.Hash), $"{at}/{target.Target}", "brings back what was superseded");
            var fallBack = target.FallBack?.Hash;
            var mayFallBack = fallBack is null || !facts.MustNotRun(spec.Name, fallBack);
            Holds(mayFallBack, $"{at}/{target.Target}", "may fall back to what must not run");
        }
    }

    private static void Questions(NaiveFacts facts, EnvironmentSpec spec, EnvironmentDecision decision, string at)
    {
        foreach (var question in decision.Questions.Where(q => !q.IsVerification && decision.By is not (DesiredBy.Seat or DesiredBy.Hold)))
            Holds(
                spec.After.All(before => facts.IsEvidenceFor(before, question.Bundle.Hash)), at,
                $"asks {question.Gate} about {question.Bundle.Name}, which is not upstream yet");
        Holds(decision.Questions.Select(q => q.Id).Distinct().Count() == decision.Questions.Length, at, "asks twice at once");
    }

    /// <summary>What was derived in a whole walk: vetoes, stops of the line, and what is Good.</summary>
    public static void CheckDerived(NaiveFacts facts, EnvironmentSpec spec, string at)
    {
        var all = facts.All.ToList();
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is Vetoed { IsAutomatic: true } veto && veto.Environment == spec.Name)
                Holds(!facts.WasReturnedTo(spec.Name, veto.Bundle, i), at, "vetoes what was gone back to");
            if (all[i] is not EnvironmentGood { Stamp.Who: FactStamp.Engine } good || good.Environment != spec.Name) continue;
            Holds(!facts.IsFailed(spec.Name, good.Bundle, i), at, "calls a failed bundle Good");
            var connected = spec.Targets.Select(t => facts.Target(spec.Name, t, i)).Where(t => t.IsConnected).ToList();
            var isNew = connected.Exists(t => t.Current is null);
            var areGood = connected.Count > 0 && connected.TrueForAll(t => t.Current == good.Bundle && t.IsGood);
            Holds(isNew || areGood, at, "calls too much Good");
        }

        CheckStops(facts, all, spec.Name, at);
        CheckVotes(all, spec, at);
        foreach (var bundle in facts.Published.Select(b => b.Hash))
            if (facts.IsFailed(spec.Name, bundle) && !facts.WasReturnedTo(spec.Name, bundle, all.Count))
                Holds(
                    all.OfType<Vetoed>().Any(v => v.IsAutomatic && v.Environment == spec.Name && v.Bundle == bundle), at,
                    "vetoes no failure");
    }

    /// <summary>Two failures within 30 minutes, with no release of the line between, stop it.</summary>
    private static void CheckStops(NaiveFacts facts, List<PromotionFact> all, string environment, string at)
    {
        DateTimeOffset? last = null;
        for (var i = 0; i < all.Count; i++)
        {
            if (Covers(all[i], environment)) last = null;
            if (!facts.IsFreshFailure(i, environment)) continue;
            var isSecond = last is { } before && all[i].Stamp.At - before <= TimeSpan.FromMinutes(30);
            last = all[i].Stamp.At;
            var next = all.Skip(i + 1).TakeWhile(f => f.Stamp.Who == FactStamp.Engine);
            var isStopped = next.Any(f => f is LineStopped { IsAutomatic: true } stop && stop.Scope == new LineScope(environment));
            Holds(!isSecond || isStopped, at, "stops no line");
        }
    }

    /// <summary>A gate is answered by the vote that makes them enough, and by no other.</summary>
    private static void CheckVotes(List<PromotionFact> all, EnvironmentSpec spec, string at)
    {
        var decided = 0;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is not GateVoted vote || vote.Environment != spec.Name) continue;
            var approve = spec.Needs.FirstOrDefault(g => g.Id == vote.Gate)?.Gate as ApproveGate;
            var expected = approve is null ? null : NaiveVotes.Decision(approve, all.Take(i + 1), vote);
            if (expected is null) continue;
            decided++;
            var answer = all.Skip(i + 1).First(f => f is GateAnswered a && NaiveVotes.IsOf(vote, a.Environment, a.Gate, a.Bundle));
            var isOfVotes = answer is GateAnswered given && given.Verdict == expected && given.Stamp.At == vote.Stamp.At
                && answer.Stamp.Who.Contains(vote.Stamp.Who, StringComparison.Ordinal);
            Holds(isOfVotes, at, $"takes votes for {expected} as {answer}");
        }

        var answers = all.OfType<GateAnswered>()
            .Count(a => a.Environment == spec.Name && a.Stamp.Who is not ("walker" or FactStamp.Engine));
        Holds(answers == decided, at, $"answers {answers} gates by votes instead of {decided}");
    }

    private static bool Covers(PromotionFact fact, string environment) =>
        fact is LineReleased { Scope: { Target: null } scope } && (scope.Environment is null || scope.Environment == environment);

    private static bool IsNewOrRevision(NaiveFacts facts, string environment, string bundle) =>
        facts.Order(bundle) >= facts.Newest(environment) || (facts.Get(bundle).Revision > 0 && !facts.HasStarted(environment, bundle));

    private static void Holds(bool condition, string at, string what) => Assert.True(condition, $"{at}: it {what}");
}
