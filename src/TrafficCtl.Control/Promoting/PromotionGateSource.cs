using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Promoting;

/// <summary>Answers the gate of a pipeline from its last decision: only what the environment wants there goes on.</summary>
public sealed class PromotionGateSource(PromotionViews views) : IGateSource
{
    public bool Answers(Gate gate) => gate is PromotionGate;

    public ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop) =>
        ValueTask.FromResult(Answer(gate, service, null));

    public ValueTask<GateAnswer> AskAsync(Gate gate, GateSubject subject, CancellationToken stop) =>
        ValueTask.FromResult(Answer(gate, subject.Service, subject.Rollout?.Candidate));

    private GateAnswer Answer(Gate gate, ServiceSpec service, string? candidate)
    {
        if (views.Find(service.Service) is not { Environments.IsEmpty: false } view) return new GateAnswer.Unknown(gate.Unanswered);
        foreach (var target in view.Targets)
            if (target.Key == service.Key) return Of(target.Decided, candidate);
        return new GateAnswer.Unknown(gate.Unanswered);
    }

    private static GateAnswer Of(TargetDecision decided, string? candidate)
    {
        if (candidate is not null && decided.Bundle is { } wanted && wanted.Name != candidate)
            return new GateAnswer.Closed($"its environment wants {wanted.Name} there: {decided.Why}");
        return decided.Action switch
        {
            TargetAction.Continue => new GateAnswer.Open(decided.Why),
            TargetAction.Start => new GateAnswer.Unknown("its start is not recorded yet"),
            _ => new GateAnswer.Closed(decided.Why),
        };
    }
}
