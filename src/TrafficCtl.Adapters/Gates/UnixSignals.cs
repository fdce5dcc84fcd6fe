using System.Runtime.InteropServices;

namespace TrafficCtl.Adapters.Gates;

/// <summary>Signals of Unix.</summary>
internal static class UnixSignals
{
    public const int Kill = 9, Terminate = 15;

    /// <summary>To a process, or to a process group (negative); one that is gone is no matter.</summary>
    public static void Send(int pid, int signal)
    {
        if (!OperatingSystem.IsWindows()) _ = SendTo(pid, signal);
    }

    [DllImport("libc", EntryPoint = "kill"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendTo(int pid, int signal);
}
