using System.Diagnostics;

namespace TrafficCtl.TestKit;

/// <summary>
/// A file that refuses writes also to root, whom file modes do not bind: by the immutable flag where the file system has one.
/// </summary>
public static class ReadOnlyFile
{
    /// <summary>False where this machine cannot do it; then nothing was changed.</summary>
    public static bool TrySet(string path, bool isReadOnly)
    {
        if (OperatingSystem.IsWindows()) return false;
        if (Environment.UserName != "root")
        {
            File.SetUnixFileMode(path, isReadOnly ? UnixFileMode.UserRead : UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return true;
        }

        try
        {
            using var chattr = Process.Start(
                new ProcessStartInfo("chattr", [isReadOnly ? "+i" : "-i", path]) { RedirectStandardError = true, UseShellExecute = false });
            chattr!.WaitForExit();
            return chattr.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // No such program.
        }
    }
}
