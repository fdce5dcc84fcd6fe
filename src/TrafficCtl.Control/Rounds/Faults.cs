using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;

namespace TrafficCtl.Control.Rounds;

/// <summary>Faults inside a service's round: counted, told, and the service is tried again later and later. The others go on.</summary>
internal sealed partial class Faults(ControlMetrics counts, ILogger<Faults> log)
{
    public void Add(Track track, Exception fault)
    {
        track.Faults++;
        track.FaultWords = fault.Message;
        counts.Faulted();
        // Of the store it was told already, in words that a trace adds nothing to.
        if (fault is not StoreUnavailableException) RoundFailed(log, track.Newest?.Id ?? track.Key.Name, track.Faults, fault);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Rollout}: the round failed ({Times} times); it is tried again")]
    private static partial void RoundFailed(ILogger log, string rollout, int times, Exception fault);
}
