using System.Globalization;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>A pipeline as its file declares it, as a message of the contract.</summary>
internal static class PipelineAnswers
{
    public static CheckedPipeline Of(PipelineSpec spec)
    {
        var pipeline = new CheckedPipeline { Service = spec.Service };
        pipeline.Environments.AddRange(spec.Promotion.Environments.Select(e => Of(e, [.. spec.Of(e.Name)])));
        return pipeline;
    }

    /// <summary><c>5 → 10 → 25 → 50 → 95 → 100 %, watch 1h</c>, <c>all-at-once, watch 10s</c>.</summary>
    public static string Words(Plan plan) => $"{Course(plan)}, watch {Durations.Text(plan.Watch)}";

    /// <summary>As files write it.</summary>
    public static string Word(PromotionMode mode) => mode switch
    {
        PromotionMode.Propose => "propose",
        PromotionMode.OnDemand => "on-demand",
        _ => "auto",
    };

    private static CheckedEnvironment Of(EnvironmentSpec environment, PipelineTarget[] targets)
    {
        var answer = new CheckedEnvironment
        {
            Environment = environment.Name,
            Plan = Words(targets[0].Template.Plan),
            Mode = Word(environment.Mode),
            Runtime = targets[0].Runtime.Kind,
        };
        answer.After.AddRange(environment.After);
        answer.Entrances.AddRange(targets.Select(static t => t.Template.Target.Entrance));
        answer.Needs.AddRange(environment.Needs.Select(static g => g.Id));
        answer.Verify.AddRange(environment.Verify.Select(static g => g.Id));
        return answer;
    }

    private static string Course(Plan plan) => plan.Strategy switch
    {
        Strategy.AllAtOnce => "all-at-once",
        Strategy.BlueGreen => "blue-green",
        _ => $"{string.Join(" → ", plan.Steps.Select(Text).Append("100"))} %",
    };

    private static string Text(Step step) =>
        step.Shadow is { } shadow ? $"shadow {Percent(shadow)}"
        : step.Cohort is { } cohort ? $"{cohort} {Percent(step.Weights)}"
        : Percent(step.Weights);

    private static string Percent(Weights weights) => (weights.Candidate / 100m).ToString("0.##", CultureInfo.InvariantCulture);
}
