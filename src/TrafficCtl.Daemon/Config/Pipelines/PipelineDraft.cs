using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>One document on its way to a pipeline: its values, where its problems go, and what came of it.</summary>
/// <param name="Environments">In the file's order, those whose keys are a map.</param>
/// <param name="Spec">Null when the document has problems of its own.</param>
internal sealed record PipelineDraft(
    Value.Section Root, Report Report, ImmutableArray<EnvironmentDraft> Environments, PipelineSpec? Spec)
{
    public IEnumerable<Draft> Targets => Environments.SelectMany(static e => e.Targets.Select(static t => t.Draft));
}

/// <param name="Own">The environment's keys as they are written in it.</param>
/// <param name="Targets">At least one.</param>
/// <param name="Spec">Null when the document has problems.</param>
internal sealed record EnvironmentDraft(
    string Name, Value.Section Own, ImmutableArray<TargetDraft> Targets, EnvironmentSpec? Spec);

/// <param name="Draft">As a service of its own, with the versions of a static runtime.</param>
/// <param name="Target">Null when the document has problems.</param>
internal sealed record TargetDraft(Draft Draft, PipelineTarget? Target);
