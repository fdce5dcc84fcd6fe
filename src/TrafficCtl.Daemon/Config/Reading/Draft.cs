using TrafficCtl.Core.Services;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>One document on its way to a service: its values, where its problems go, and what came of it.</summary>
/// <param name="Spec">Null when the document has problems of its own.</param>
internal sealed record Draft(Value.Section Root, Report Report, ServiceSpec? Spec)
{
    /// <summary>It is a target of a pipeline: its keys are those of the environment over those of the service.</summary>
    public bool IsOfPipeline { get; init; }
}
