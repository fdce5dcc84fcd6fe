using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>Waits for a round of every service, but not for a store that does not answer: traffic is served all the same.</summary>
internal sealed partial class FirstRound(Views views, TimeProvider clock, ILogger<FirstRound> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task WaitAsync(CancellationToken stop)
    {
        using var time = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            var version = views.Version;
            while (views.All.Any(static v => v.Router is null && v.Spec.Target is EmbeddedTarget))
                version = await views.ChangedAsync(version, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            var after = DurationText.Of(Patience);
            LogNoRound(after);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No round of control within {After}; traffic is served from the last snapshot")]
    private partial void LogNoRound(string after);
}
