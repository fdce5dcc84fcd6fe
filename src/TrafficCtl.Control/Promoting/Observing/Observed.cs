using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>What a round saw of a pipeline.</summary>
/// <param name="Pipeline">With all that was read; its state holds recorded facts alone.</param>
/// <param name="Facts">Not recorded yet, in order.</param>
internal sealed record Observed(PipelineMemory Pipeline, ImmutableArray<PromotionFact> Facts);
