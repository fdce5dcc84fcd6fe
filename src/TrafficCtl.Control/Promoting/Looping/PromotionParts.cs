using TrafficCtl.Control.Promoting.Acting;
using TrafficCtl.Control.Promoting.Observing;
using TrafficCtl.Control.Promoting.Running;

namespace TrafficCtl.Control.Promoting.Looping;

/// <summary>What the promotion loop is made of.</summary>
internal sealed record PromotionParts(
    PromotionRound Round, PipelineObserver Observer, ServiceDeclarer Services, SlotCalls Calls, Runtimes Runtimes);
