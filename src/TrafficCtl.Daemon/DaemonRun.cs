using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Daemon;

/// <summary>Signals, files and printed lines around a <see cref="DaemonHost"/>.</summary>
internal static class DaemonRun
{
    public static async Task<int> RunAsync(DaemonOptions options, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var began = options.Clock.GetTimestamp();
        // Read by the runtime when the first socket is made; later is too late.
        if (options.InlineScheduling) Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var cutting = new CancellationTokenSource();
        using var reload = new SemaphoreSlim(0);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ending, cutting));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ending, cutting));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            reload.Release();
        });

        FileWatch watch;
        DaemonHost host;
        try
        {
            // Before the files are read: what changes from here on is seen as a change.
            watch = await Blocking.RunAsync(() => new FileWatch(options.Files), ending.Token);
            host = await DaemonHost.StartAsync(options, words => error.WriteLine($"trafficctl: {words}"), ending.Token);
        }
        catch (DaemonRefusedException refused)
        {
            foreach (var problem in refused.Problems) await error.WriteLineAsync($"trafficctl: {problem}");
            return 1;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return 0;
        }

        await using (host)
        {
            foreach (var view in host.Views.All) await output.WriteLineAsync($"serving {view.Spec.Service} on {host.AddressOf(view.Spec.Service)}");
            await output.WriteLineAsync($"admin API on {host.Admin}; ready after {DurationText.Of(options.Clock.GetElapsedTime(began))}");
            await output.FlushAsync(CancellationToken.None);
            await SdNotify.SendAsync("READY=1");
            await ReloadUntilEndAsync(host, options, watch, reload, ending.Token);
            await SdNotify.SendAsync("STOPPING=1");
            await output.WriteLineAsync("draining ...");
            await host.StopAsync(cutting.Token);
        }

        return 0;
    }

    private static async Task ReloadUntilEndAsync(DaemonHost host, DaemonOptions options, FileWatch watch, SemaphoreSlim asked, CancellationToken stop)
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
            // The end was asked for.
        }
    }

    /// <summary>The first signal drains; the second one cuts what is left.</summary>
    private static void End(PosixSignalContext context, CancellationTokenSource ending, CancellationTokenSource cutting)
    {
        context.Cancel = true;
        if (ending.IsCancellationRequested) cutting.Cancel();
        else ending.Cancel();
    }
}
