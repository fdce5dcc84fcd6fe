using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Pipelines;

/// <summary>A service whose versions move through environments: what exists here is valid.</summary>
/// <param name="Promotion">The environments, their order and their gates.</param>
/// <param name="Targets">Every target of every environment, in the order of the file.</param>
public sealed record PipelineSpec(PromotionSpec Promotion, ImmutableArray<PipelineTarget> Targets)
{
    public string Service => Promotion.Service;

    /// <summary>Where the artifact of each version lies, and what is watched for new versions; null where they are published.</summary>
    public ArtifactPattern? Artifact { get; init; }

    public PipelineTarget? Find(TargetKey key)
    {
        foreach (var target in Targets)
            if (target.Key == key) return target;
        return null;
    }

    /// <summary>The targets of one environment.</summary>
    public IEnumerable<PipelineTarget> Of(string environment) => Targets.Where(t => t.Key.Environment == environment);
}
