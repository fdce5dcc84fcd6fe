using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>A pipeline as it was read, with where each value comes from.</summary>
/// <param name="Values">Every value in force, in the order of the schema; then what follows for each environment.</param>
/// <param name="Warnings">Right, but perhaps not what was meant; <c>check</c> prints them.</param>
public sealed record DeliveredPipeline(PipelineSpec Spec, ImmutableArray<EffectiveValue> Values, ImmutableArray<Problem> Warnings);
