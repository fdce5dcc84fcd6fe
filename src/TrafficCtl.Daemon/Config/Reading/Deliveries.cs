using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>What delivery files hold: each document is a service, or a pipeline.</summary>
/// <param name="Services">Services with listed versions, in the order of the files.</param>
/// <param name="Pipelines">Services whose versions move through environments, in the order of the files.</param>
public sealed record Deliveries(ImmutableArray<Delivered> Services, ImmutableArray<DeliveredPipeline> Pipelines)
{
    /// <summary>Right, but perhaps not what was meant.</summary>
    public IEnumerable<Problem> Warnings =>
        Services.SelectMany(static s => s.Warnings).Concat(Pipelines.SelectMany(static p => p.Warnings));

    /// <summary>The targets of all pipelines: their versions are those that run, so no rule about listed versions holds for them.</summary>
    public ImmutableHashSet<TargetKey> PipelineTargets { get; } =
        [.. Pipelines.SelectMany(static p => p.Spec.Targets).Select(static t => t.Key)];
}
