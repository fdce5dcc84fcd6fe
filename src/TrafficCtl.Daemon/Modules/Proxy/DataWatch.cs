using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Telemetry;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>Looks whether the data directory, its lock and the store are still the files that this process opened.</summary>
/// <remarks>
/// An open file that was deleted goes on taking writes, and all of them end with the process. So it is said within a
/// second: readiness is off, every service warns, a metric and the log tell. The store refuses by itself what it could
/// not keep; traffic goes on.
/// </remarks>
internal sealed partial class DataWatch(
    DataDirectory data, StoreFiles store, Readiness readiness, DataSigns signs, Views views, TimeProvider clock, ILogger<DataWatch> log)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const string Source = "data-directory";

    private string? said;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do Say(await Blocking.RunAsync(() => data.FindTrouble() ?? store.FindTrouble(), Patience, SayHangs, stop));
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end was asked for.
        }
    }

    private void SayHangs() => Say(
        $"the data directory {data.Path} has not answered for {DurationText.Of(Patience)}: a disk or a mount that hangs? Traffic goes on "
            + "as it is");

    private void Say(string? trouble)
    {
        if (trouble == said) return;
        said = trouble;
        // The probes are for machines that may not know the paths of this one.
        readiness.Hold(trouble is null ? null : "the data directory or the store in it is not usable, see trafficctl status");
        signs.IsIntact = trouble is null;
        views.Notice(Source, trouble);
        if (trouble is null) LogReturned(data.Path);
        else LogLost(trouble);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Trouble}")]
    private partial void LogLost(string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "The data directory {Path} is in order again")]
    private partial void LogReturned(string path);
}
