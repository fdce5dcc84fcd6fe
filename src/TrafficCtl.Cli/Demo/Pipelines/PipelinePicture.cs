using System.Globalization;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>A pipeline in a few lines: what each target serves, and how each version stands.</summary>
internal static class PipelinePicture
{
    /// <summary>A line for each target: where, and what is there.</summary>
    public static IEnumerable<(string Where, string What)> Lines(PipelineStatus pipeline)
    {
        foreach (var environment in pipeline.Environments)
            foreach (var target in environment.Targets)
                yield return (
                    target.Target.Length > 0 ? $"{environment.Environment}/{target.Target}" : environment.Environment,
                    WhatOf(environment, target));
    }

    private static string WhatOf(PipelineEnvironment environment, TargetStanding target)
    {
        var serves = target.Observed.Length > 0 ? $"serves {target.Observed}" : "empty";
        if (!target.Connected) serves += ", cut off";
        var others = environment.Bundles.Where(b => b.Version != target.Observed && b.Phase is not ("previous" or "superseded"))
            .Select(static b => b.Phase == "deploying" && b.HasStep
                ? string.Create(CultureInfo.InvariantCulture, $"{b.Version} at step {b.Step}")
                : $"{b.Version} {b.Phase}");
        return string.Join("; ", others.Prepend(serves));
    }
}
