using System.Globalization;
using System.Text;

namespace TrafficCtl.Adapters.Gates;

/// <summary>Programs that were started here and outlived what started them: they are known by a variable of their environment.</summary>
/// <remarks>
/// A program may leave its process group, and its parent may be killed; its environment goes along with all that it starts. Only on
/// Linux, where the system tells the environment of one's own processes.
/// </remarks>
internal static class Leftovers
{
    public const string Variable = "TRAFFICCTL_RUN";

    private const string Root = "/proc";

    /// <summary>Ends all whose mark begins so. They have ended, or get no time any more, when this returns.</summary>
    public static void End(string mark)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Root)) return;
        var wanted = Encoding.UTF8.GetBytes($"\0{Variable}={mark}");
        // A program that forks while it is looked for is found in the next pass.
        for (var pass = 0; pass < 8 && EndOnce(wanted) > 0; pass++)
        {
        }
    }

    private static int EndOnce(byte[] wanted)
    {
        var found = 0;
        foreach (var directory in Directory.EnumerateDirectories(Root))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            if (pid == Environment.ProcessId || !Has(directory, wanted)) continue;
            UnixSignals.Send(pid, UnixSignals.Kill);
            found++;
        }

        return found;
    }

    private static bool Has(string directory, byte[] wanted)
    {
        try
        {
            byte[] environment = [0, .. File.ReadAllBytes(Path.Combine(directory, "environ"))];
            return environment.AsSpan().IndexOf(wanted) >= 0;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false; // Another user's, or gone.
        }
    }
}
