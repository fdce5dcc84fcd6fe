namespace TrafficCtl.Core.Gates;

/// <summary>Open while the environment lets its rollout go on. The pipeline declares it; no file can.</summary>
public sealed record PromotionGate : Gate
{
    public static readonly PromotionGate Instance = new();

    public override string Name => "promotion";

    public override GateKind Kind => GateKind.Live;

    public override string Unanswered => "the pipeline of the service has not decided yet";
}
