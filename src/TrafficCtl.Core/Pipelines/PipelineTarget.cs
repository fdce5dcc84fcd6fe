using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Pipelines;

/// <summary>One target of an environment.</summary>
/// <param name="Template">
/// The service as it is declared there, but for its versions: they are those that run, and <see cref="ServiceSpec.Stable"/> is empty.
/// </param>
/// <param name="Runtime">What starts and stops its versions.</param>
public sealed record PipelineTarget(ServiceSpec Template, RuntimeSpec Runtime)
{
    public TargetKey Key => Template.Key;

    public DriftMode Drift { get; init; }
}

/// <summary>What is done where a target no longer runs, or no longer routes, what was decided.</summary>
public enum DriftMode
{
    /// <summary>It is brought back, at most three times for one difference; then it is reported.</summary>
    Correct,

    /// <summary>It is reported, as a warning.</summary>
    Alert,

    /// <summary>It is shown.</summary>
    Observe,
}
