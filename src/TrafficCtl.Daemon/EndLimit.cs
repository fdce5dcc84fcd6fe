using System.Diagnostics;

namespace TrafficCtl.Daemon;

/// <summary>The last resort: a process that was asked to end, and is held somewhere in the system, ends all the same.</summary>
/// <remarks>
/// What may hold it is bounded where it is known (files, the data directory); this is for the rest, such as a standard
/// output that nobody reads. It kills: an orderly exit could be held by the same thing, and a kill loses no decision.
/// </remarks>
internal sealed class EndLimit
{
    /// <summary>Beyond the drain; an end takes milliseconds of it, on a disk that hangs eleven seconds.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private long drainTicks;
    private int begun;

    /// <summary>What the drain may take.</summary>
    public TimeSpan Drain
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref drainTicks));
        set => Interlocked.Exchange(ref drainTicks, value.Ticks);
    }

    /// <summary>From now on the process has that long. On a thread of its own: those of the pool may be what is held.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref begun, 1) != 0) return;
        new Thread(End) { IsBackground = true, Name = "end limit" }.Start();
    }

    private void End()
    {
#pragma warning disable RS0030 // In real time, and without the thread pool or a timer: these may be what is held.
        Thread.Sleep(Drain + Slack);
#pragma warning restore RS0030
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
