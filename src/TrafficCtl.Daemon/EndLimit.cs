using System.Diagnostics;

namespace TrafficCtl.Daemon;

/// <summary>The last resort: kills a process that was asked to stop and hangs somewhere.</summary>
/// <remarks>
/// Known causes of a hang (files, the data directory) have timeouts of their own; this is for the rest, such as a standard output that
/// nobody reads. It kills the process, because a graceful exit could hang for the same reason, and no decision is lost by a kill.
/// </remarks>
internal sealed class EndLimit
{
    /// <summary>
    /// Time allowed in addition to the drain. A stop normally takes milliseconds of it, and eleven seconds if the disk hangs.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private long drainTicks;
    private int begun;

    /// <summary>How long the drain may take.</summary>
    public TimeSpan Drain
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref drainTicks));
        set => Interlocked.Exchange(ref drainTicks, value.Ticks);
    }

    /// <summary>Starts the time limit, on a dedicated thread, because the thread pool may be what hangs.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref begun, 1) != 0) return;
        new Thread(End) { IsBackground = true, Name = "end limit" }.Start();
    }

    private void End()
    {
#pragma warning disable RS0030 // By the system clock, and without the thread pool or a timer: these may be what hangs.
        Thread.Sleep(Drain + Slack);
#pragma warning restore RS0030
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
