using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>A pipeline as its file declares it: a line for each environment.</summary>
internal static class PipelineText
{
    /// <summary><c>  prod     after staging; needs soak-staging, window; 5 → 10 → 25 → 50 → 95 → 100 %, watch 1h</c>.</summary>
    public static IEnumerable<string> LinesOf(CheckedPipeline pipeline)
    {
        var width = pipeline.Environments.Max(static e => e.Environment.Length);
        yield return $"{pipeline.Service}: {string.Join(", ", pipeline.Environments.Select(static e => e.Environment))}";
        foreach (var environment in pipeline.Environments)
            yield return $"  {environment.Environment.PadRight(width)}  {string.Join("; ", Parts(environment))}";
    }

    private static IEnumerable<string> Parts(CheckedEnvironment environment)
    {
        yield return string.Join(", ", environment.Entrances);
        yield return environment.After.Count == 0 ? "takes every new version" : $"after {string.Join(", ", environment.After)}";
        if (environment.Needs.Count > 0) yield return $"needs {string.Join(", ", environment.Needs)}";
        if (environment.Mode != "auto") yield return environment.Mode;
        yield return environment.Plan;
        if (environment.Verify.Count > 0) yield return string.Join(", ", environment.Verify);
    }
}
