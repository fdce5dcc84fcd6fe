using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>What runs already where nothing is recorded: a service that was declared otherwise before, or whose record was lost.</summary>
internal static class AdoptionFacts
{
    private const string Why = "it had all traffic before the environment was known";

    /// <summary>
    /// The record was lost: versions run that nobody started. What is published until then starts by nobody's word but a person's.
    /// </summary>
    public static PromotionFact? FindLoss(PipelineMemory pipeline, DateTimeOffset now) =>
        pipeline.State.LostUpTo == BundleOrder.None && pipeline.State.Line.Ordered.IsEmpty && pipeline.Targets.Any(IsRunUnknown)
            ? new PromotionFact.StateLost(new(0, now, FactStamp.Engine, "versions run, and no fact says that they were started"))
            : null;

    /// <summary>What is in force becomes the last good of an environment in which nothing was ever begun.</summary>
    public static IEnumerable<PromotionFact> Of(PipelineMemory pipeline, DateTimeOffset now)
    {
        foreach (var environment in pipeline.Spec.Promotion.Environments)
        {
            if (pipeline.State.In(environment.Name).Newest != BundleOrder.None) continue;
            var stamp = new FactStamp(0, now, FactStamp.Engine, Why);
            var adopted = pipeline.Targets.Where(t => t.Key.Environment == environment.Name)
                .Select(t => (t.Key.Target, Hash: HashOf(pipeline, t))).ToArray();
            foreach (var (target, hash) in adopted)
                if (hash is not null) yield return new PromotionFact.RolloutGood(stamp, environment.Name, target, hash);
            if (adopted.Length > 0 && adopted[0].Hash is { } everywhere && adopted.All(a => a.Hash == everywhere))
                yield return new PromotionFact.EnvironmentGood(stamp, environment.Name, everywhere);
        }
    }

    private static string? HashOf(PipelineMemory pipeline, TargetMemory target) => target.Rollout.Record is { Active: null } record
        ? pipeline.State.Line.FindNamed(record.LastGood)?.Bundle.Hash
        : null;

    /// <summary>What a runtime starts, it starts for a fact.</summary>
    private static bool IsRunUnknown(TargetMemory target) =>
        target.Target.Runtime is not Core.Pipelines.RuntimeSpec.Static && target.Runtime.Status is { Slots.IsEmpty: false };
}
