using System.Runtime.InteropServices;
using System.Text;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The calls of Linux that .NET has no name for.</summary>
internal static class Libc
{
    public const int WriteOnly = 1, ReadWrite = 2, Create = 0x40, Append = 0x400, CloseOnExec = 0x80000;
    public const int LockExclusive = 2, LockWithoutWaiting = 4;
    public const int WaitWithoutHanging = 1;
    public const int SigKill = 9, SigTerm = 15;
    public const int NoEntry = 2, NoSuchProcess = 3, WouldBlock = 11, NoAccess = 13, NoExec = 8, TextBusy = 26, NoSuchCall = 38;

    /// <summary>Calls by number have the same one on every architecture from this on.</summary>
    private const nint PidFdSendSignal = 424, PidFdOpen = 434;

    [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Close(int handle);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Lock(int handle, int operation);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Kill(int process, int signal);

    [DllImport("libc", EntryPoint = "waitpid", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Wait(int process, out int status, int options);

    [DllImport("libc", EntryPoint = "access", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "realpath", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint RealPath([MarshalAs(UnmanagedType.LPUTF8Str)] string path, byte[] found);

    /// <summary>With all links followed; null where there is nothing.</summary>
    public static string? FindRealPath(string path)
    {
        var found = new byte[4097];
        return RealPath(Path.GetFullPath(path), found) == 0 ? null : Encoding.UTF8.GetString(found, 0, Array.IndexOf(found, (byte)0));
    }

    public static int OpenProcess(int process) => (int)Call(PidFdOpen, process, 0, 0, 0);

    public static int SignalProcess(int handle, int signal) => (int)Call(PidFdSendSignal, handle, signal, 0, 0);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Call(nint number, nint first, nint second, nint third, nint fourth);

    [DllImport("libc", EntryPoint = "posix_spawn"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Spawn(
        out int process, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, nint actions, nint attributes, nint[] arguments,
        nint[] variables);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_init"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int InitActions(nint actions);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int DestroyActions(nint actions);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int AddDuplicate(nint actions, int handle, int target);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int AddOpen(
        nint actions, int handle, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int AddDirectory(nint actions, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport("libc", EntryPoint = "posix_spawnattr_init"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int InitAttributes(nint attributes);

    [DllImport("libc", EntryPoint = "posix_spawnattr_destroy"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int DestroyAttributes(nint attributes);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setflags"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int SetFlags(nint attributes, short flags);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigdefault"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int SetDefaultSignals(nint attributes, nint set);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigmask"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int SetSignalMask(nint attributes, nint set);

    [DllImport("libc", EntryPoint = "sigemptyset"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int EmptySet(nint set);

    [DllImport("libc", EntryPoint = "sigfillset"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int FillSet(nint set);
}
