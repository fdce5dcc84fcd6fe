using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Troubles;

/// <summary>Calls to routers that failed: counted, and logged once for as long as the fault says the same.</summary>
internal sealed partial class RouterFaults(ControlMetrics counts, ILogger<RouterFaults> log)
{
    /// <param name="key">Whose router.</param>
    /// <param name="before">What it said the time before; null when it worked.</param>
    /// <param name="fault">What it says now.</param>
    /// <returns>What is wrong, for a reader.</returns>
    public string Add(TargetKey key, string? before, Exception fault)
    {
        counts.RouterFailed();
        if (before != fault.Message) RouterFailed(log, key.Name, fault);
        return fault.Message;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The router of {Service} cannot be used; the last applied split stays and it is retried")]
    private static partial void RouterFailed(ILogger log, string service, Exception fault);
}
