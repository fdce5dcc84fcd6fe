using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Daemon.Modules.Proxy;

namespace TrafficCtl.Daemon;

/// <summary>Signals, files and printed lines around a <see cref="DaemonHost"/>.</summary>
internal static class DaemonRun
{
    public static async Task<int> RunAsync(DaemonOptions options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var began = options.Clock.GetTimestamp();
        var announcements = new Announcements(options.Log.Format, output, error, options.Clock);
        // The runtime reads this when the first socket is created, so it has to be set here.
        if (options.InlineScheduling) Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var cutting = new CancellationTokenSource();
        using var reload = new SemaphoreSlim(0);
        var (limit, signals) = (new EndLimit(), 0);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            reload.Release();
        });

        FileWatch watch;
        DaemonHost host;
        try
        {
            // Start watching before the files are read, so that no change in between is missed.
            watch = await Blocking.RunAsync(() => new FileWatch(options.Files), ending.Token);
            host = await DaemonHost.StartAsync(options, announcements.Warn, ending.Token);
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
            await notices.ReadyAsync(host, options.Clock.GetElapsedTime(began));
            await SdNotify.SendAsync("READY=1");
            limit.Drain = host.LongestDrain;
            await ReloadUntilEndAsync(host, options, watch, reload, ending.Token);
            limit.Drain = host.LongestDrain;
            await SdNotify.SendAsync("STOPPING=1");
            if (host.HasListeners) await notices.SayAsync("draining", "draining ...");
            else await notices.SayAsync("stopping", "stopping; the split stays as it is ...");
            await host.StopAsync(cutting.Token);
        }

        return 0;

        // The first signal drains; the second one cancels the requests that are left.
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            limit.Begin();
            if (Interlocked.Increment(ref signals) > 1) cutting.Cancel();
            ending.Cancel();
        }
    }

    private static async Task ReloadUntilEndAsync(
        DaemonHost host, DaemonOptions options, FileWatch watch, SemaphoreSlim asked, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.FilePoll, options.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var changed = await Blocking.RunAsync(watch.Poll, stop);
                if (asked.Wait(0, CancellationToken.None) || changed) await host.ReloadAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Expected: the process was asked to stop.
        }
    }
}
