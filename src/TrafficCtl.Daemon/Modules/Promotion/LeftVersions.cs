using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Ports;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>The processes of versions that run on after their daemon has ended.</summary>
public static class LeftVersions
{
    /// <summary>Ends them all: SIGTERM, and SIGKILL after the limit of each.</summary>
    /// <param name="dataDirectory">Of the daemon that started them; no daemon may run on it.</param>
    /// <param name="clock">Measures the limits.</param>
    /// <param name="stop">Ends the waiting; what has not ended by then runs on.</param>
    /// <returns>How many versions were ended.</returns>
    /// <exception cref="DaemonRefusedException">
    /// A daemon runs on the directory, it cannot be used, or something could not be ended.
    /// </exception>
    public static async Task<int> StopAsync(string dataDirectory, TimeProvider clock, CancellationToken stop)
    {
        var folder = Path.Combine(Path.GetFullPath(dataDirectory), PromotionModule.RuntimeFolder);
        if (!Directory.Exists(folder)) return 0;
        using var owned = StartRefusals.Making(() => DataDirectory.Take(dataDirectory));
        try
        {
            await using var runtime = await ProcessRuntime.OpenAsync(
                folder, static _ => null, clock, NullLogger<ProcessRuntime>.Instance, stop);
            return await runtime.StopAllAsync(stop);
        }
        catch (RuntimeUnavailableException fault)
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }
}
