using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>Every value in force of a good pipeline with its origin, and what follows for each environment.</summary>
internal static class PipelineValues
{
    public static DeliveredPipeline Of(PipelineDraft draft)
    {
        var spec = draft.Spec ?? throw new InvalidOperationException("a draft with problems is not effective");
        var values = ImmutableArray.CreateBuilder<EffectiveValue>();
        Effective.Walk(PipelineSchema.Root, draft.Root, "", draft.Report.File, values);
        // A process is probed by the proxy as by its runtime.
        if (draft.Root.Find("health") is null && spec.Targets.All(static t => t.Runtime is RuntimeSpec.Process))
            values.RemoveAll(static v => v.Path.StartsWith("health.", StringComparison.Ordinal));
        foreach (var environment in draft.Environments) values.AddRange(Derived(environment, environment.Spec!));
        var warnings = draft.Targets.SelectMany(static t => Effective.Warnings(t, t.Spec!)).Distinct();
        return new DeliveredPipeline(spec, values.ToImmutable(), [.. warnings]);
    }

    /// <summary>What depends on the place of the environment among the others, where it does not say it.</summary>
    private static IEnumerable<EffectiveValue> Derived(EnvironmentDraft environment, EnvironmentSpec spec)
    {
        var at = environment.Own.Path;
        var first = environment.Targets[0].Draft;
        var plan = first.Spec!.Plan;
        if (environment.Own.Find("after") is null) yield return Default($"{at}.after", $"[{string.Join(", ", spec.After)}]");
        if (environment.Own.Find("strategy") is null) yield return Default($"{at}.strategy", Word(plan.Strategy));
        if (environment.Own.Find("watch") is null) yield return Default($"{at}.watch", Durations.Text(plan.Watch));
        if (plan.Strategy == Strategy.AllAtOnce && environment.Own.Find("analysis.at-least") is null)
            yield return Default($"{at}.analysis.at-least.requests", $"{plan.AtLeast.Requests}");
        if (first.Root.Find("health") is null && environment.Targets[0].Target!.Runtime is RuntimeSpec.Process)
            yield return Default($"{at}.health.path", first.Spec.Embedded.Proxy.Health.Path ?? "a connection alone");
        foreach (var value in Effective.PlanOf(first, plan, at)) yield return value;
    }

    private static EffectiveValue Default(string path, string text) => new(path, text, Origin.Default);

    private static string Word(Strategy strategy) => strategy switch
    {
        Strategy.AllAtOnce => "all-at-once",
        Strategy.BlueGreen => "blue-green",
        _ => "canary",
    };
}
