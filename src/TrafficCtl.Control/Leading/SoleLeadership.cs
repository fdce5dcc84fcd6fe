using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control.Leading;

/// <summary>The leadership of a process that alone can write, because it holds the lock of its store.</summary>
public sealed partial class SoleLeadership(TimeProvider clock, ILogger<SoleLeadership> log) : ILeadership
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public bool Holds(TimeSpan callTimeout) => true;

    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await lead(stop);
                if (!stop.IsCancellationRequested) Ended(log);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Failed(log, fault);
            }

            if (stop.IsCancellationRequested) return;
            await Task.Delay(Pause, clock, stop)
                .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The control of rollouts ended before the process; it begins anew")]
    private static partial void Ended(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "The control of rollouts failed; it begins anew")]
    private static partial void Failed(ILogger log, Exception fault);
}
