using System.Collections.Immutable;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Asks the gates that a service needs. A gate whose state is unknown counts as not open.</summary>
internal sealed class GateReader(TargetDrivers drivers)
{
    public async ValueTask<ImmutableArray<GateView>> AskAsync(ServiceSpec service, GateFacts facts, CancellationToken stop)
    {
        if (service.Needs.IsDefaultOrEmpty) return [];
        var gates = ImmutableArray.CreateBuilder<GateView>(service.Needs.Length);
        foreach (var gate in service.Needs)
            gates.Add(new GateView(gate, gate.Answer(facts) ?? await AskAsync(gate, service, stop)));
        return gates.MoveToImmutable();
    }

    private async ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop)
    {
        foreach (var source in drivers.Of(service.Key).Gates)
        {
            if (!source.Answers(gate)) continue;
            try
            {
                return await source.AskAsync(gate, service, stop);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                return new GateAnswer.Unknown(fault.Message);
            }
        }

        return new GateAnswer.Unknown(gate.Unanswered);
    }
}
