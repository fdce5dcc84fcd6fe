using System.Runtime.InteropServices;

namespace TrafficCtl.TestKit;

/// <summary>A pipe with a name: whoever opens it waits for the other end.</summary>
public static class Fifo
{
    /// <returns>The path.</returns>
    /// <exception cref="IOException">It cannot be made there.</exception>
    public static string Make(string path)
    {
        const uint ownerOnly = 0x180;
        return MakeFifo(path, ownerOnly) == 0 ? path : throw new IOException($"mkfifo {path}: errno {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "mkfifo", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakeFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
