using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Core.Tests.Promotion;

/// <summary>A service that is delivered in virtual time: facts go in by name, decisions come out.</summary>
internal sealed class Delivery
{
    private readonly Dictionary<string, Bundle> _bundles = [];
    private PromotionSpec _spec;

    public Delivery(params EnvironmentSpec[] environments) => _spec = SpecOf(environments);

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    public PromotionState State { get; private set; } = PromotionState.Empty;

    public PromotionSpec Spec => _spec;

    public static EnvironmentSpec Env(string name, string? after = null) => new(name) { After = after is null ? [] : [after] };

    public static EntryGate Approve => new("approve", GateKind.Latched) { Owner = "leads" };

    public static EntryGate Alerts => new("alerts", GateKind.Live) { Owner = "sre" };

    public static EntryGate Smoke => new("smoke", GateKind.Latched) { Owner = "ci" };

    /// <summary>test, staging and prod, each after the one before.</summary>
    public static Delivery Line(Func<EnvironmentSpec, EnvironmentSpec>? prod = null, Func<EnvironmentSpec, EnvironmentSpec>? staging = null)
    {
        var last = Env("prod", "staging");
        var middle = Env("staging", "test");
        return new(Env("test"), staging?.Invoke(middle) ?? middle, prod?.Invoke(last) ?? last);
    }

    public void Change(params EnvironmentSpec[] environments) => _spec = SpecOf(environments);

    public Delivery Wait(TimeSpan time)
    {
        Now += time;
        return this;
    }

    public Bundle this[string name] => _bundles[name];

    public Delivery Publish(string version, Compatibility compatibility = Compatibility.Reversible)
    {
        var bundle = Pairing.Pair(version, new($"app:{version}", $"sha256:{version}", version), new("cfg", "c0", version)).Bundle!;
        return Add(bundle with { Compatibility = compatibility, PublishedAt = Now });
    }

    /// <summary>The next configuration-only revision of a version.</summary>
    public Delivery Revise(string newest) =>
        Add(Pairing.Revise(_bundles[newest], new("cfg", $"{newest}+next", "other")).Bundle! with { PublishedAt = Now });

    public Delivery Add(Bundle bundle)
    {
        _bundles[bundle.Name] = bundle;
        return Tell(stamp => new PromotionFact.Published(stamp, bundle));
    }

    public Delivery Tell(Func<FactStamp, PromotionFact> fact, string who = "ann", string why = "because")
    {
        State = State.Append(fact(new(0, Now, who, why)), out _);
        State = PromotionEngine.Settle(_spec, State, Now).State;
        return this;
    }

    public Delivery Start(string environment, string bundle, StartReason reason = StartReason.Promotion, string target = "default") =>
        Tell(s => new PromotionFact.RolloutStarted(s, environment, target, Hash(bundle), $"{environment}-{bundle}", reason));

    public Delivery Promote(string environment, string bundle, string target = "default") =>
        Tell(s => new PromotionFact.RolloutPromoted(s, environment, target, Hash(bundle)));

    public Delivery Finish(string environment, string bundle, string target = "default") =>
        Tell(s => new PromotionFact.RolloutGood(s, environment, target, Hash(bundle)));

    /// <summary>The whole rollout, from its start to Good.</summary>
    public Delivery Roll(string environment, string bundle, string target = "default")
    {
        var start = Target(environment, target);
        Assert.Equal((TargetAction.Start, bundle), (start.Action, start.Bundle?.Name));
        return Start(environment, bundle, start.Reason!.Value, target).Promote(environment, bundle, target)
            .Finish(environment, bundle, target);
    }

    public Delivery Fail(
        string environment, string bundle, string? to, string target = "default", RollbackCause cause = RollbackCause.Verdict) =>
        Tell(s => new PromotionFact.RolloutRolledBack(s, environment, target, Hash(bundle), to is null ? null : Hash(to), cause),
            "rollout", "errors rose");

    public Delivery Withdraw(string environment, string bundle, string? to, string target = "default") =>
        Tell(s => new PromotionFact.RolloutWithdrawn(s, environment, target, Hash(bundle), to is null ? null : Hash(to)));

    public Delivery Connect(string environment, string target, bool isConnected) =>
        Tell(s => new PromotionFact.TargetObserved(s, environment, target, isConnected));

    /// <summary>Records the question that is due, then the answer.</summary>
    public Delivery Answer(
        string environment, string gate, string bundle, GateVerdict verdict = GateVerdict.Passed, DateTimeOffset? expires = null)
    {
        if (Decide(environment).Questions.FirstOrDefault(q => q.Gate == gate && q.Bundle.Name == bundle) is { } due) Ask(due);
        var isVerification = _spec.Find(environment)!.Verify.Any(g => g.Id == gate);
        return Tell(s => new PromotionFact.GateAnswered(s, environment, gate, Hash(bundle), verdict, isVerification, null, expires));
    }

    public Delivery Ask(Question question) =>
        Tell(s => new PromotionFact.GateAsked(s, question.Environment, question.Gate, question.Bundle.Hash, question.Round));

    public Delivery Veto(
        string environment, string bundle, VetoScope scope = VetoScope.Downstream, DateTimeOffset? until = null) =>
        Tell(s => new PromotionFact.Vetoed(s, environment, Hash(bundle), scope, until));

    public Delivery Order(string environment, string bundle) =>
        Tell(s => new PromotionFact.PromotionOrdered(s, environment, Hash(bundle)));

    public string Hash(string bundle) => _bundles[bundle].Hash;

    public EnvironmentDecision Decide(string environment) => PromotionEngine.Decide(_spec, _spec.Find(environment)!, State, Now);

    public string? Desired(string environment) => Decide(environment).Desired?.Name;

    public TargetDecision Target(string environment, string target = "default") =>
        Decide(environment).Targets.Single(t => t.Target == target);

    public Block Block(string environment, string? bundle = null) =>
        Decide(environment).Blocks.First(b => bundle is null || b.Bundle?.Name == bundle);

    public BundlePhase Phase(string environment, string bundle) =>
        Decide(environment).Bundles.Single(v => v.Bundle.Name == bundle).Phase;

    public IEnumerable<string> Asked(string environment) => Decide(environment).Questions.Select(q => $"{q.Gate} {q.Bundle.Name}");

    private static PromotionSpec SpecOf(EnvironmentSpec[] environments)
    {
        var (spec, problems) = PromotionSpec.Create("checkout", environments);
        Assert.Empty(problems);
        return spec!;
    }
}
