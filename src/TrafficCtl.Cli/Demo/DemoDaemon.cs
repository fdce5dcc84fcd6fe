using Microsoft.Extensions.Logging;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Offline.Judging;

namespace TrafficCtl.Cli.Demo;

/// <summary>A daemon of the product in this process, on ports of its own.</summary>
internal static class DemoDaemon
{
    /// <param name="file">The delivery file.</param>
    /// <param name="data">Its data directory.</param>
    /// <param name="log">Takes its log lines.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="stop">Cancels the start.</param>
    /// <param name="isCutOff">By environment and target; null where none is ever cut off.</param>
    /// <exception cref="Failure">It refused to start.</exception>
    public static async Task<DaemonHost> StartAsync(
        string file, string data, DemoLog log, TimeProvider clock, CancellationToken stop, Func<string, string, bool>? isCutOff = null)
    {
        try
        {
            var options = new DaemonOptions
            {
                Files = [file],
                DataDirectory = data,
                Admin = new Uri("http://127.0.0.1:0"),
                Clock = clock,
                WindowJudge = new WindowJudge(),
                IsCutOff = isCutOff,
                Logging = logging => logging.AddProvider(log),
            };
            return await DaemonHost.StartAsync(options, stop);
        }
        catch (DaemonRefusedException refused)
        {
            throw new Failure("the daemon did not start", file, string.Join("; ", refused.Problems));
        }
    }
}
