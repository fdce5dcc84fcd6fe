using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>What the story looks for in a pipeline.</summary>
internal static class PipelineSight
{
    public static PipelineEnvironment In(this PipelineStatus pipeline, string environment) =>
        pipeline.Environments.First(e => e.Environment == environment);

    public static string PhaseOf(this PipelineStatus pipeline, string version, string environment) =>
        pipeline.In(environment).Bundles.FirstOrDefault(b => b.Version == version)?.Phase ?? "";

    /// <summary>What has all of the target's traffic; empty for nothing.</summary>
    public static string ServedAt(this PipelineStatus pipeline, string environment, string target = "") =>
        pipeline.In(environment).Targets.First(t => t.Target == target).Observed;

    /// <summary>Every target of the environment serves that version, and it is Good there.</summary>
    public static bool IsDone(this PipelineStatus pipeline, string version, string environment) =>
        pipeline.PhaseOf(version, environment) == "good" && pipeline.In(environment).Targets.All(t => t.Observed == version);

    public static bool IsRefused(this PipelineStatus pipeline, string version, string environment) =>
        pipeline.PhaseOf(version, environment) is "rolled-back" or "vetoed";

    /// <summary>The version has, or may get, traffic there.</summary>
    public static bool HasEntered(this PipelineStatus pipeline, string version, string environment) =>
        pipeline.PhaseOf(version, environment) is "deploying" or "baking" or "good" or "previous"
        || pipeline.In(environment).Targets.Any(t => t.Observed == version);

    public static string WordsOf(this PipelineStatus pipeline, string version, string environment) =>
        pipeline.PhaseOf(version, environment) is { Length: > 0 } phase
            ? $"{version} is {phase} in {environment}"
            : $"{version} has not come to {environment}";
}
