using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;
using static TrafficCtl.Core.Promotion.Facts.PromotionFact;

namespace TrafficCtl.Core.Tests.Promotion.Model;

/// <summary>
/// One random service: a graph, and steps of a driver that does what it is told, with people, faults and a clock between.
/// </summary>
internal sealed class Walk
{
    private static readonly RollbackCause[] Causes =
        [RollbackCause.Breaker, RollbackCause.Verdict, RollbackCause.TargetGone, RollbackCause.Unsure, RollbackCause.Superseded];

    private readonly Random _random;
    private readonly HashSet<string> _asked = [];

    /// <summary>People order little, and the graph is small: much becomes Good, and rollbacks have a history to go back into.</summary>
    private readonly bool _isCalm;

    public Walk(int seed)
    {
        (_random, _isCalm) = (new Random(seed), seed % 2 == 0);
        Environments = [.. Enumerable.Range(0, _isCalm ? _random.Next(1, 3) : _random.Next(2, 5)).Select(Environment)];
        Spec = PromotionSpec.Create("s", Environments).Spec!;
    }

    public EnvironmentSpec[] Environments { get; private set; }

    public PromotionSpec Spec { get; private set; }

    public List<PromotionFact> Facts { get; } = [];

    public PromotionState State { get; private set; } = PromotionState.Empty;

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    /// <summary>What was asked a second time; null for nothing.</summary>
    public string? AskedTwice { get; private set; }

    public void Step()
    {
        var environment = Pick(Environments);
        var bundle = State.Line.Ordered.IsEmpty ? null : PickBundle();
        var lot = _random.Next(100);
        switch (_isCalm && lot >= 80 && _random.Next(4) > 0 ? 50 : lot)
        {
            case < 10: Publish(); break;
            case < 12 when bundle is not null: Revise(bundle); break;
            case < 62: Act(environment); break;
            case < 72: AnswerOne(environment); break;
            case < 78: Now += TimeSpan.FromSeconds(_random.Next(4) switch { 0 => 10, 1 => 61, 2 => 900, _ => 4000 }); break;
            case < 79: Observe(environment); break;
            case < 82 when bundle is not null && environment.Needs.Any(static n => n.Gate is ApproveGate):
                VoteOnce(environment.Name, "approve", bundle, _random.Next(8) == 0);
                break;
            case < 97 when bundle is not null: Order(environment.Name, bundle); break;
            case < 99 when bundle is not null: Surprise(environment, bundle); break;
            default: AddTarget(environment); break;
        }
    }

    /// <summary>No more faults: everything is lifted, answered and followed until no target changes for 40 minutes.</summary>
    /// <returns>Null at rest; else the last facts.</returns>
    public string? Settle()
    {
        foreach (var environment in Environments)
        {
            var name = environment.Name;
            Add(s => new Unpinned(s, name));
            Add(s => new Released(s, name));
            foreach (var target in environment.Targets) Add(s => new TargetObserved(s, name, target, true));
        }

        AnswerOpen();
        var quiet = 0;
        for (var round = 0; round < 1000 && quiet < 40; round++)
        {
            var before = Facts.Count;
            Now += TimeSpan.FromSeconds(61);
            foreach (var environment in Environments)
            {
                foreach (var question in Decide(environment).Questions) Answer(question, GateVerdict.Passed, isCertain: true);
                foreach (var target in environment.Targets) Follow(environment, target, isFaulty: false);
            }

            foreach (var stop in State.Stops) Add(s => new LineReleased(s, stop.Scope));
            quiet = Facts.Skip(before).Any(f => f is OfTarget or EnvironmentGood) ? 0 : quiet + 1;
        }

        return quiet == 40 ? null : string.Join("; ", Facts.TakeLast(16).Select(Words));
    }

    private string Words(PromotionFact fact) => fact switch
    {
        RolloutStarted f => $"{f.Environment}/{f.Target} starts {State.Find(f.Bundle).Bundle.Name} for {f.Reason}",
        OfTarget f => $"{f.Environment}/{f.Target} {f.Name}",
        _ => fact.Name,
    };

    public EnvironmentDecision Decide(EnvironmentSpec environment) =>
        PromotionEngine.Decide(Spec, Spec.Find(environment.Name)!, State, Now);

    private EnvironmentSpec Environment(int index)
    {
        var needs = new List<EntryGate>();
        if (index > 0 && _random.Next(4) == 0)
            needs.Add(new("soak", GateKind.Timed) { Soak = new($"e{_random.Next(index)}", TimeSpan.FromMinutes(20)) });
        if (_random.Next(4) == 0) needs.Add(new("alerts", GateKind.Live));
        if (_random.Next(4) == 0)
            needs.Add(new("approve", GateKind.Latched)
            {
                Gate = _random.Next(3) > 0
                    ? new ApproveGate("leads", _random.Next(1, 4), Expires: _random.Next(2) == 0 ? TimeSpan.FromMinutes(30) : null)
                    : null,
                Deadline = _random.Next(2) == 0 ? TimeSpan.FromMinutes(30) : null,
            });
        needs = [.. needs.Select(g => g.Deadline is null ? g : g with { AtDeadline = (GateOutcome)_random.Next(3) })];
        return new($"e{index}")
        {
            After = [.. Enumerable.Range(0, index).Where(i => _random.Next(4) == 0 != (i == index - 1)).Select(i => $"e{i}")],
            Needs = [.. needs],
            Verify = _random.Next(4) == 0 ? [new("smoke", GateKind.Latched)] : [],
            Mode = _random.Next(8) switch { 0 => PromotionMode.Propose, 1 => PromotionMode.OnDemand, _ => PromotionMode.Auto },
            Targets = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(i => $"t{i}")],
        };
    }

    private void Publish()
    {
        var version = $"v{State.Line.Ordered.Count(p => !p.Bundle.IsRevision) + 1}";
        var compatibility = _random.Next(10) switch
        {
            0 => Compatibility.ForwardOnly,
            1 => Compatibility.Contract,
            2 => Compatibility.Expand,
            _ => Compatibility.Reversible,
        };
        var bundle = Pairing.Pair(version, new(version, version)).Bundle! with { Compatibility = compatibility, PublishedAt = Now };
        Add(s => new Published(s, bundle));
    }

    private void Revise(string bundle)
    {
        var version = State.Find(bundle).Bundle.Version;
        var newest = State.Line.Ordered.Last(p => p.Bundle.Version == version).Bundle;
        var revision = Pairing.Revise(newest, new("cfg", $"{version}.{newest.Revision + 1}")).Bundle! with { PublishedAt = Now };
        Add(s => new Published(s, revision));
    }

    private void Act(EnvironmentSpec environment) => Follow(environment, Pick(environment.Targets), isFaulty: true);

    /// <summary>Does the next thing that a target is told, or that its rollout comes to.</summary>
    private void Follow(EnvironmentSpec environment, string name, bool isFaulty)
    {
        var target = State.In(environment.Name).At(name);
        var told = Decide(environment).Targets.Single(t => t.Target == name);
        var e = environment.Name;
        switch (told.Action)
        {
            case TargetAction.Start: Add(s => new RolloutStarted(s, e, name, told.Bundle!.Hash, "r", told.Reason!.Value)); break;
            case TargetAction.GoBack:
                var from = target.Active?.Bundle ?? target.Current!;
                var to = target.Active is { PromotedAt: null } ? target.Current : told.Bundle!.Hash;
                Add(s => new RolloutWithdrawn(s, e, name, from, to));
                break;
            case TargetAction.Continue or TargetAction.Pause or TargetAction.Wait when target is { Active: { } active, IsConnected: true }:
                if (isFaulty && _random.Next(8) == 0) End(e, name, active, target.Current);
                else if (active.PromotedAt is not null) Add(s => new RolloutGood(s, e, name, active.Bundle));
                else if (told.Action == TargetAction.Continue) Add(s => new RolloutPromoted(s, e, name, active.Bundle));
                break;
        }
    }

    private void End(string environment, string target, ActiveRollout active, string? current)
    {
        var to = current == active.Bundle ? State.In(environment).GoodHistory.LastOrDefault(b => b != active.Bundle) : current;
        var cause = Pick(Causes);
        if (_random.Next(5) == 0) Add(s => new RolloutAborted(s, environment, target, active.Bundle, to));
        else Add(s => new RolloutRolledBack(s, environment, target, active.Bundle, to, cause));
    }

    private void AnswerOne(EnvironmentSpec environment)
    {
        var questions = Decide(environment).Questions;
        if (!questions.IsEmpty) Answer(Pick(questions), (GateVerdict)Math.Max(1, _random.Next(-3, 4)));
    }

    /// <summary>Whoever was asked and is silent answers after all.</summary>
    private void AnswerOpen()
    {
        foreach (var spec in Environments)
            foreach (var (bundle, record) in State.In(spec.Name).Bundles)
                foreach (var (gate, _) in record.Gates.Where(g => g.Value.IsOpen))
                {
                    if (gate == ReservedGates.Proposal) Add(s => new PromotionOrdered(s, spec.Name, bundle));
                    else if (FindApprove(spec, gate) is { } approve) Vote(spec.Name, gate, bundle, approve.Count);
                    else Add(s => new GateAnswered(s, spec.Name, gate, bundle, GateVerdict.Passed, spec.Verify.Any(v => v.Id == gate)));
                }
    }

    private void Answer(Question question, GateVerdict verdict, bool isCertain = false)
    {
        if (!_asked.Add(question.Id)) AskedTwice = question.Id;
        var (e, hash) = (question.Environment, question.Bundle.Hash);
        Add(s => new GateAsked(s, e, question.Gate, hash, question.Round));
        if (question.Gate == ReservedGates.Proposal)
        {
            if (verdict == GateVerdict.Passed) Add(s => new PromotionOrdered(s, e, hash));
            return;
        }

        if (FindApprove(Spec.Find(e)!, question.Gate) is { } approve && (isCertain || _random.Next(8) > 0))
        {
            if (isCertain) Vote(e, question.Gate, hash, approve.Count);
            else VoteOnce(e, question.Gate, hash, verdict == GateVerdict.Failed);
            return;
        }

        DateTimeOffset? expires = !isCertain && _random.Next(4) == 0 ? Now.AddMinutes(30) : null;
        if (isCertain || _random.Next(6) > 0)
            Add(s => new GateAnswered(s, e, question.Gate, hash, verdict, question.IsVerification, null, expires));
    }

    private static ApproveGate? FindApprove(EnvironmentSpec environment, string gate) =>
        environment.Needs.FirstOrDefault(g => g.Id == gate)?.Gate as ApproveGate;

    /// <summary>As many people as it takes, who have said nothing before.</summary>
    private void Vote(string environment, string gate, string bundle, int count)
    {
        for (var i = 0; i < count; i++) Add(s => new GateVoted(s with { Who = $"fresh {i}" }, environment, gate, bundle, false, "leads"));
    }

    /// <summary>One of few people, who may have voted before.</summary>
    private void VoteOnce(string environment, string gate, string bundle, bool isRejection)
    {
        var who = $"person {_random.Next(4)}";
        Add(s => new GateVoted(s with { Who = who }, environment, gate, bundle, isRejection, "leads"));
    }

    private void Observe(EnvironmentSpec environment)
    {
        var target = Pick(environment.Targets);
        Add(s => new TargetObserved(s, environment.Name, target, !State.In(environment.Name).At(target).IsConnected));
    }

    private void Order(string environment, string bundle)
    {
        DateTimeOffset? until = _random.Next(2) == 0 ? Now.AddMinutes(30) : null;
        var scope = _random.Next(4) switch
        {
            0 => LineScope.Organisation,
            1 => LineScope.Service,
            2 => new LineScope(environment),
            _ => new LineScope(environment, "t0"),
        };
        string? gate = _random.Next(2) == 0 ? Pick(["approve", "alerts", "smoke"]) : null;
        var vetoScope = (VetoScope)_random.Next(3);
        Func<FactStamp, PromotionFact> fact = _random.Next(20) switch
        {
            0 => s => new Pinned(s, environment, bundle),
            1 or 2 => s => new Unpinned(s, environment),
            3 => s => new Held(s, environment, bundle),
            4 or 5 => s => new Released(s, environment),
            6 or 7 => s => new Vetoed(s, environment, bundle, vetoScope, until),
            8 or 9 => s => new Unvetoed(s, environment, bundle),
            10 => s => new LineStopped(s, scope),
            11 or 12 => s => new LineReleased(s, State.Stops.IsEmpty ? scope : State.Stops[0].Scope),
            13 => s => new BreakGlassBegun(s, environment),
            14 => s => new BreakGlassLifted(s, environment),
            15 or 16 => s => new PromotionOrdered(s, environment, bundle),
            17 or 18 => s => new EvidenceRevoked(s, environment, bundle, gate),
            _ when _random.Next(4) == 0 => s => new StateLost(s),
            _ => s => new Released(s, environment),
        };
        Add(fact);
    }

    /// <summary>What no driver would say of this: facts come from outside, and none may confuse the engine.</summary>
    private void Surprise(EnvironmentSpec environment, string bundle)
    {
        var (e, target, other, cause) = (environment.Name, Pick(environment.Targets), PickBundle(), Pick(Causes));
        Func<FactStamp, PromotionFact> fact = _random.Next(7) switch
        {
            0 => s => new RolloutGood(s, e, target, bundle),
            1 => s => new RolloutPromoted(s, e, target, bundle),
            2 => s => new RolloutRolledBack(s, e, target, bundle, other, cause),
            3 => s => new RolloutWithdrawn(s, e, target, bundle, null),
            4 => s => new EnvironmentGood(s, e, bundle),
            5 => s => new GateAnswered(s, e, "alerts", bundle, (GateVerdict)_random.Next(4)),
            _ => s => new RolloutStarted(s, e, target, bundle, "r", (StartReason)_random.Next(4)),
        };
        Add(fact);
    }

    private void AddTarget(EnvironmentSpec environment)
    {
        if (environment.Targets.Length > 3) return;
        var changed = environment with { Targets = environment.Targets.Add($"t{environment.Targets.Length}") };
        Environments = [.. Environments.Select(e => e.Name == environment.Name ? changed : e)];
        Spec = PromotionSpec.Create("s", Environments).Spec!;
        Conclude();
    }

    private void Add(Func<FactStamp, PromotionFact> fact)
    {
        State = State.Append(fact(new(0, Now, "walker", "step")), out var numbered);
        Facts.Add(numbered);
        Conclude();
    }

    private void Conclude()
    {
        (State, var derived) = PromotionEngine.Settle(Spec, State, Now);
        Facts.AddRange(derived);
    }

    private string PickBundle() => State.Line.Ordered[_random.Next(State.Line.Ordered.Count)].Bundle.Hash;

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
