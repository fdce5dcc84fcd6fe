using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Benchmarks.Promotion;

/// <summary>One service and a driver that does what the engine says; rollouts take their time and sometimes fail.</summary>
internal sealed class SimulatedService
{
    private static readonly string[] ProdTargets = ["eu-1", "eu-2", "us-1", "us-2"];

    private readonly Random _random;
    private readonly PromotionSpec _spec;
    private readonly PriorityQueue<(SimulatedService Service, Action<SimulatedService> What), DateTimeOffset> _agenda;
    private ImmutableArray<EnvironmentDecision> _decisions = [];
    private PromotionState _state = PromotionState.Empty;
    private int _published;

    public SimulatedService(
        string name, int seed, PriorityQueue<(SimulatedService Service, Action<SimulatedService> What), DateTimeOffset> agenda)
    {
        (_random, _agenda) = (new Random(seed), agenda);
        EnvironmentSpec[] environments =
        [
            new("test") { Verify = [new("smoke", GateKind.Latched)] },
            new("staging") { After = ["test"] },
            new("prod")
            {
                After = ["staging"],
                Targets = [.. ProdTargets],
                Needs =
                [
                    new("soak", GateKind.Timed) { Soak = new("staging", TimeSpan.FromMinutes(15)) },
                    new("approve", GateKind.Latched) { Owner = "leads" },
                    new("alerts", GateKind.Live) { Owner = "sre" },
                ],
            },
        ];
        _spec = PromotionSpec.Create(name, environments).Spec!;
    }

    public DateTimeOffset Now { get; set; }

    public List<PromotionFact> Facts { get; } = [];

    public long Evaluations { get; private set; }

    public long EvaluationTicks { get; private set; }

    public int Targets => _spec.Environments.Sum(e => e.Targets.Length);

    /// <summary>Targets that are connected, are not what they are to be, and on which nothing goes on.</summary>
    public int Behind => _decisions.Sum(d => d.Targets.Count(t => t.Action == TargetAction.Start));

    public void Publish()
    {
        var (version, commit) = ($"v{++_published}", $"c{_published}");
        BundlePart artifact = new($"image:{version}", $"{_spec.Service}:{version}", commit);
        var bundle = Pairing.Pair(version, artifact, new("cfg", $"cfg:{version}", commit));
        Add(s => new PromotionFact.Published(s, bundle.Bundle! with { PublishedAt = Now }));
    }

    /// <summary>A target of prod goes away, or comes back.</summary>
    public void Toggle()
    {
        var target = ProdTargets[_random.Next(ProdTargets.Length)];
        var isConnected = _state.In("prod").At(target).IsConnected;
        Add(s => new PromotionFact.TargetObserved(s, "prod", target, !isConnected));
        if (isConnected) After(TimeSpan.FromMinutes(30), _ => Add(s => new PromotionFact.TargetObserved(s, "prod", target, true)));
    }

    /// <summary>Evaluates and does what is decided, until nothing is left to do now.</summary>
    public void Converge()
    {
        do Evaluate();
        while (Act());
    }

    private void Evaluate()
    {
        var decisions = ImmutableArray.CreateBuilder<EnvironmentDecision>(_spec.Environments.Length);
        bool hasFacts;
        do
        {
            hasFacts = false;
            decisions.Clear();
            foreach (var environment in _spec.Environments)
            {
                var from = Stopwatch.GetTimestamp();
                var decision = PromotionEngine.Decide(_spec, environment, _state, Now);
                EvaluationTicks += Stopwatch.GetTimestamp() - from;
                Evaluations++;
                decisions.Add(decision);
                hasFacts |= !decision.Facts.IsEmpty;
                foreach (var fact in decision.Facts) Add(fact);
            }
        }
        while (hasFacts);
        _decisions = decisions.ToImmutable();
    }

    private bool Act()
    {
        var before = _state.Sequence;
        foreach (var decision in _decisions)
        {
            foreach (var question in decision.Questions) Ask(question);
            foreach (var target in decision.Targets) Follow(decision.Environment, target);
        }

        return _state.Sequence > before;
    }

    private void Ask(Question question)
    {
        var (environment, gate, bundle) = (question.Environment, question.Gate, question.Bundle.Hash);
        Add(s => new PromotionFact.GateAsked(s, environment, gate, bundle, question.Round));
        var delay = gate == "approve" ? TimeSpan.FromMinutes(_random.Next(1, 30)) : TimeSpan.FromSeconds(_random.Next(1, 10));
        var verdict = _random.Next(50) == 0 ? (gate == "smoke" ? GateVerdict.Errored : GateVerdict.Failed) : GateVerdict.Passed;
        After(delay, _ => Add(s => new PromotionFact.GateAnswered(s, environment, gate, bundle, verdict, question.IsVerification)));
    }

    private void Follow(string environment, TargetDecision told)
    {
        var (name, target) = (told.Target, _state.In(environment).At(told.Target));
        if (told.Action == TargetAction.GoBack)
        {
            var to = target.Active is { PromotedAt: null } ? target.Current : told.Bundle!.Hash;
            Add(s => new PromotionFact.RolloutWithdrawn(s, environment, name, target.Active?.Bundle ?? target.Current!, to));
        }

        if (told.Action != TargetAction.Start) return;
        var id = $"{environment}-{name}-{_state.Sequence}";
        Add(s => new PromotionFact.RolloutStarted(s, environment, name, told.Bundle!.Hash, id, told.Reason!.Value));
        Advance(environment, name, _state.In(environment).At(name).Active!, TimeSpan.FromMinutes(1));
    }

    private void Advance(string environment, string name, ActiveRollout rollout, TimeSpan after) => After(after, _ =>
    {
        if (_state.In(environment).At(name) is not { Active: { } active, IsConnected: var isConnected } || active.Id != rollout.Id) return;
        var steps = environment == "prod" ? 5 : environment == "staging" ? 3 : 0;
        var isPaused = !isConnected || _decisions.First(d => d.Environment == environment).Targets
            .First(t => t.Target == name).Action == TargetAction.Pause;
        if (isPaused) Advance(environment, name, active, TimeSpan.FromMinutes(1));
        else if (active.PromotedAt is not null) Add(s => new PromotionFact.RolloutGood(s, environment, name, active.Bundle));
        else if (_random.Next(60) == 0) RollBack(environment, name, active);
        else if (active.Step + 1 < steps)
        {
            Add(s => new PromotionFact.RolloutStepped(s, environment, name, active.Bundle, active.Step + 1));
            Advance(environment, name, active, TimeSpan.FromMinutes(3));
        }
        else
        {
            Add(s => new PromotionFact.RolloutPromoted(s, environment, name, active.Bundle));
            Advance(environment, name, active, TimeSpan.FromMinutes(environment == "prod" ? 60 : 5));
        }
    });

    private void RollBack(string environment, string name, ActiveRollout active)
    {
        var to = _state.In(environment).At(name).Current;
        Add(s => new PromotionFact.RolloutRolledBack(s, environment, name, active.Bundle, to, RollbackCause.Verdict));
    }

    private void After(TimeSpan time, Action<SimulatedService> what) => _agenda.Enqueue((this, what), Now + time);

    private void Add(Func<FactStamp, PromotionFact> fact) => Add(fact(new(0, Now, "driver", "simulated")));

    private void Add(PromotionFact fact)
    {
        _state = _state.Append(fact, out var numbered);
        Facts.Add(numbered);
    }
}
