using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Tests.Api.Promotions;

/// <summary>
/// A pipeline of checkout: v24 is Good everywhere, v25 is Good in test and staging and waits in front of prod for an approval; v26 failed
/// in test.
/// </summary>
internal static class PipelineExample
{
    private const string Leads = "approver";

    public static readonly PromotionSpec Spec = PromotionSpec.Create("checkout",
    [
        new("test") { Watch = TimeSpan.FromMinutes(1) },
        new("staging") { After = ["test"], Watch = TimeSpan.FromMinutes(10) },
        new("prod")
        {
            After = ["staging"],
            Targets = ["eu", "us"],
            Needs = [EntryGate.Of("approve", new ApproveGate(Leads) { Terms = new GateTerms("leads") })],
        },
    ]).Spec!;

    public static DateTimeOffset Start => Example.Now.AddHours(-6);

    /// <param name="now">When it is looked at.</param>
    public static PromotionView View(DateTimeOffset now) => ViewOf(State(), now);

    /// <summary>What the engine decides now.</summary>
    public static PromotionView ViewOf(PromotionState state, DateTimeOffset now)
    {
        var decided = PromotionEngine.Decide(Spec, state, now);
        var targets = decided.SelectMany(e => e.Targets.Select(t => TargetOf(e, t, state)));
        return new(new PipelineSpec(Spec, []), state, decided, [.. targets], now);
    }

    public static Bundle Bundle(string version, DateTimeOffset at) =>
        Pairing.Pair(version, new($"./releases/{version}", $"sha256:{version}", $"c-{version}")).Bundle! with
        {
            PublishedAt = at,
            Author = "ana",
        };

    private static PromotionState State()
    {
        var (state, at) = (PromotionState.Empty, Start);
        foreach (var version in (string[])["v24", "v25", "v26"])
        {
            var bundle = Bundle(version, at);
            Tell(stamp => new PromotionFact.Published(stamp, bundle));
            foreach (var environment in Spec.Environments)
            {
                if (version == "v25" && environment.Name == "prod") break;
                foreach (var target in environment.Targets)
                {
                    var id = $"checkout-{environment.Name}-{version}";
                    Tell(s => new PromotionFact.RolloutStarted(s, environment.Name, target, bundle.Hash, id, StartReason.Promotion));
                    if (version == "v26")
                    {
                        var to = state.In("test").At(target).Current;
                        Tell(s => new PromotionFact.RolloutRolledBack(
                            s, environment.Name, target, bundle.Hash, to, RollbackCause.Verdict));
                        continue;
                    }

                    Tell(s => new PromotionFact.RolloutPromoted(s, environment.Name, target, bundle.Hash));
                    at += environment.Watch;
                    Tell(s => new PromotionFact.RolloutGood(s, environment.Name, target, bundle.Hash));
                }

                if (version == "v26") break;
            }

            at += TimeSpan.FromMinutes(30);
            if (version == "v25") Tell(s => new PromotionFact.GateAsked(s, "prod", "approve", bundle.Hash, 0));
        }

        return state;

        void Tell(Func<FactStamp, PromotionFact> fact)
        {
            state = state.Append(fact(new FactStamp(0, at, FactStamp.Engine, "because")), out _);
            state = PromotionEngine.Settle(Spec, state, at).State;
        }
    }

    private static PromotedTarget TargetOf(EnvironmentDecision environment, TargetDecision target, PromotionState state)
    {
        var current = state.In(environment.Environment).At(target.Target).Current;
        var observed = current is null ? null : state.Find(current).Bundle;
        return new(
            new TargetKey("checkout", environment.Environment, target.Target), target, environment.Desired, observed,
            observed?.Hash == environment.Desired?.Hash ? null : Example.Now.AddMinutes(-3));
    }
}
