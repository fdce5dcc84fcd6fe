using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Ports;

/// <summary>Whoever knows the answers of some gates.</summary>
public interface IGateSource
{
    /// <summary>It is this source that answers the gate.</summary>
    bool Answers(Gate gate);

    /// <summary>
    /// Open, closed, or unknown when whoever knows does not answer: that holds too, in words of its own.
    /// Asked once a second for each service that needs it, so it answers from memory. An exception counts as unknown.
    /// </summary>
    ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop);

    /// <summary>The same for a gate whose answer depends on the rollout, and not on its service alone.</summary>
    ValueTask<GateAnswer> AskAsync(Gate gate, GateSubject subject, CancellationToken stop) => AskAsync(gate, subject.Service, stop);
}
