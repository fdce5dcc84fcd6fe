using System.Runtime.InteropServices;
using TrafficCtl.Daemon.Logging;

namespace TrafficCtl.Daemon.Cluster;

/// <summary>Signals and printed lines around a <see cref="ControllerHost"/>.</summary>
internal static class ControllerRun
{
    public static async Task<int> RunAsync(ControllerOptions options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var announcements = new Announcements(options.Log.Format, output, error, options.Clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ending));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ending));
        ControllerHost host;
        try
        {
            host = await ControllerHost.StartAsync(options, ending.Token);
        }
        catch (DaemonRefusedException refused)
        {
            foreach (var problem in refused.Problems) await announcements.RefuseAsync(problem);
            return 1;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return 0;
        }

        await using (host)
        {
            var notices = new Notices(announcements, output, options.IsJson, options.Clock);
            await notices.ReadyAsync(host, options.Identity);
            await ControllerHost.EndedAsync(ending.Token);
            await notices.SayAsync("stopping", "stopping; the split stays as it is ...");
        }

        return 0;
    }

    private static void End(PosixSignalContext context, CancellationTokenSource ending)
    {
        context.Cancel = true;
        ending.Cancel();
    }
}
