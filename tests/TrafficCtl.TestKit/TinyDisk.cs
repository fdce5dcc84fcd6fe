using System.Diagnostics;

namespace TrafficCtl.TestKit;

/// <summary>
/// A file system in memory of a few megabytes that can be filled to its last byte and made read-only; gone with the test.
/// </summary>
public sealed class TinyDisk : IDisposable
{
    private TinyDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Null where this user may not mount.</summary>
    /// <param name="path">A directory that is there and empty.</param>
    /// <param name="megabytes">Its size.</param>
    public static TinyDisk? TryMount(string path, int megabytes) =>
        OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", path)
            ? new TinyDisk(path)
            : null;

    /// <summary>Nothing more can be written, not even a byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var chunk = new byte[64 * 1024];
        for (var size = chunk.Length; size > 0;)
        {
            try
            {
                file.Write(chunk, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void Free() => File.Delete(Filler);

    /// <returns>False while something writes there.</returns>
    public bool TryMakeReadOnly(bool isReadOnly) => Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", Path);

    public void Dispose() => Run("umount", "-l", Path);

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // No such program.
        }
    }
}
