using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Ports;

/// <summary>One kind of live gate: what it says of a service now.</summary>
public interface IGateSource
{
    LiveGate Gate { get; }

    /// <summary>
    /// Open, closed, or unknown (<see cref="GateView.Unknown"/>) when whoever knows does not answer: that holds too, in words of its own.
    /// Asked once a second for each service that needs it, so it answers from memory.
    /// </summary>
    ValueTask<GateView> AskAsync(ServiceSpec service, CancellationToken stop);
}
