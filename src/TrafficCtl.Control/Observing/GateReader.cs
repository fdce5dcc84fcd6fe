using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Observing;

/// <summary>Asks the live gates that a service needs. What is not known is not open.</summary>
internal sealed class GateReader(IEnumerable<IGateSource> sources)
{
    private readonly ImmutableArray<IGateSource> sources = [.. sources];

    public async ValueTask<ImmutableArray<GateView>> AskAsync(ServiceSpec service, CancellationToken stop)
    {
        if (service.Quiet.IsDefaultOrEmpty) return [];
        var gates = ImmutableArray.CreateBuilder<GateView>(service.Quiet.Length);
        foreach (var gate in service.Quiet) gates.Add(await AskAsync(gate, service, stop));
        return gates.MoveToImmutable();
    }

    private async ValueTask<GateView> AskAsync(LiveGate gate, ServiceSpec service, CancellationToken stop)
    {
        var name = NameOf(gate);
        foreach (var source in sources)
        {
            if (source.Gate != gate) continue;
            try
            {
                return await source.AskAsync(service, stop);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                return GateView.Unknown(name, fault.Message);
            }
        }

        return GateView.Unknown(name, $"nothing here can say whether {name} are quiet: name its address when the process is started, or take it out of needs");
    }

    private static string NameOf(LiveGate gate) => gate switch
    {
        LiveGate.Alerts => "alerts",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
