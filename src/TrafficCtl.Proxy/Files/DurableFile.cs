using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Proxy.Files;

/// <summary>Replaces a small file so that after a crash either the old or the new content is there, whole.</summary>
internal static class DurableFile
{
    /// <summary>Temporary file, fsync, rename, fsync of the directory.</summary>
    /// <exception cref="IOException">Nothing was replaced, or the directory could not be synced.</exception>
    /// <exception cref="UnauthorizedAccessException">Nothing was replaced.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var file = PrivateFile.Open(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Moves a file (or whatever lies in its place) that cannot be read out of the way, never deleting it.</summary>
    /// <returns>Where it is now.</returns>
    public static string MoveAside(string path, DateTimeOffset now)
    {
        var stem = $"{path}.corrupt-{now.UtcDateTime:yyyyMMdd'T'HHmmss}";
        var aside = stem;
        for (var n = 1; Path.Exists(aside); n++) aside = $"{stem}-{n}";
        if (Directory.Exists(path)) Directory.Move(path, aside);
        else File.Move(path, aside);
        return aside;
    }

    private static void SyncDirectory(string directory)
    {
        // A rename is only as durable as its directory; Windows has no such call and journals the rename itself.
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(directory, 0);
        if (handle < 0) throw new IOException($"cannot open {directory} to sync it (errno {Marshal.GetLastPInvokeError()})");
        try
        {
            if (Sync(handle) != 0) throw new IOException($"cannot sync {directory} (errno {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
