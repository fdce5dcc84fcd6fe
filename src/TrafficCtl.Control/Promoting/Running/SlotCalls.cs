using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Promoting.Running;

/// <summary>
/// Calls that start and end versions. One may take a while (a process that ignores its end), and holds up nothing but its own slot.
/// </summary>
internal sealed partial class SlotCalls(ILogger<SlotCalls> log)
{
    private readonly Dictionary<(TargetKey Key, string Slot), Call> calls = [];

    /// <summary>Begins it, unless a call about the slot has not ended.</summary>
    /// <param name="what">Names it: one that failed is told once in a row.</param>
    public void Begin(TargetKey key, string slot, string what, Func<CancellationToken, ValueTask> call, CancellationToken stop)
    {
        var before = calls.GetValueOrDefault((key, slot));
        if (before is { Work.IsCompleted: false }) return;
        var work = RunAsync(call, stop);
        calls[(key, slot)] = new(what, work);
        if (work is { IsCompletedSuccessfully: true, Result: { } fault } && (before?.What != what || !before.HasFailed))
            LogFailed(what, slot, key, fault.Message);
    }

    /// <summary>Why the last call about the slot failed; null where it did not, or runs.</summary>
    public string? TroubleOf(TargetKey key, string slot) =>
        calls.GetValueOrDefault((key, slot)) is { HasFailed: true } call ? $"{call.What} {slot}: {call.Work.Result!.Message}" : null;

    /// <summary>Waits for what was begun; its token has ended.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(calls.Values.Select(static c => c.Work));
        calls.Clear();
    }

    /// <returns>What it failed with; null where it did not, or was ended.</returns>
    private static async Task<Exception?> RunAsync(Func<CancellationToken, ValueTask> call, CancellationToken stop)
    {
        try
        {
            await call(stop);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception fault)
        {
            return fault;
        }
    }

    private sealed record Call(string What, Task<Exception?> Work)
    {
        public bool HasFailed => Work is { IsCompletedSuccessfully: true, Result: not null };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} of slot {Slot} of {Target} failed, and is asked again: {Why}")]
    private partial void LogFailed(string what, string slot, TargetKey target, string why);
}
