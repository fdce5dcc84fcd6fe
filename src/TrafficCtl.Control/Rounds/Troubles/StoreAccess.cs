using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;

namespace TrafficCtl.Control.Rounds.Troubles;

/// <summary>Whether the store is asked now: after a failure it is left alone for a while that doubles, up to eight seconds.</summary>
internal sealed partial class StoreAccess(TimeProvider clock, ControlMetrics counts, ILogger<StoreAccess> log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    private TimeSpan pause;
    private long failedAt;

    /// <summary>What is wrong, for a reader; null while the store works.</summary>
    public string? Trouble { get; private set; }

    public bool IsOpen => Trouble is null || clock.GetElapsedTime(failedAt) >= pause;

    public void Works()
    {
        if (Trouble is null) return;
        (Trouble, pause) = (null, TimeSpan.Zero);
        Returned(log);
    }

    /// <summary>A fault of one service alone leaves the store open for the others.</summary>
    public void Failed(StoreUnavailableException fault)
    {
        counts.StoreFailed();
        if (fault.Only is { } only)
        {
            GoneForOne(log, only.Name, fault.Message.TrimEnd('.'));
            return;
        }

        if (Trouble is null && fault.IsElsewhere) Elsewhere(log, fault.Message);
        else if (Trouble is null) Gone(log, fault.Message.TrimEnd('.'));
        Trouble = fault.Message;
        pause = pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, Longest.Ticks));
        failedAt = clock.GetTimestamp();
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The store cannot be used: {Why}. Traffic goes on, no step advances, and it is retried")]
    private static partial void Gone(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store is another process's: {Why}")]
    private static partial void Elsewhere(ILogger log, string why);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The store cannot be used for {Service}: {Why}. Its traffic goes on, no step of it advances, and it is retried")]
    private static partial void GoneForOne(ILogger log, string service, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store can be used again")]
    private static partial void Returned(ILogger log);
}
