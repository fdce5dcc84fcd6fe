using System.Collections.Immutable;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Adapters.Storage;

/// <summary>What an earlier version or another program left open to others in a data directory is closed, or said.</summary>
/// <remarks>The keys' own file is left to whoever reads it: that others may have read a key is more than a mode.</remarks>
internal static class Privacy
{
    private const UnixFileMode Directory700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly string[] Own = ["lock", "daemon.pid", "trafficctl.db", "snapshot.json", "latch.json", "cookie-keys.json"];

    /// <summary>Closes what can be closed.</summary>
    /// <returns>What stays open to others, a sentence each.</returns>
    public static ImmutableArray<string> Tighten(string directory)
    {
        if (OperatingSystem.IsWindows()) return [];
        var notes = ImmutableArray.CreateBuilder<string>();
        var names = Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).OfType<string>().ToArray();
        foreach (var name in names.Where(static n => IsOwn(n) && n != "cookie-keys.json"))
        {
            var file = Path.Combine(directory, name);
            if (File.Exists(file) && PrivateFile.IsOpenToOthers(file) && !TrySet(file, PrivateFile.Mode))
                notes.Add($"{file} can be read by other users of this machine, and is not ours to change: make it 0600");
        }

        if (!PrivateFile.IsOpenToOthers(directory)) return notes.DrainToImmutable();
        // A directory that holds something else too may be meant for others.
        if (!names.All(IsOwn) || !TrySet(directory, Directory700))
        {
            var mode = Convert.ToString((int)File.GetUnixFileMode(directory), 8);
            notes.Add(
                $"the data directory {directory} is open to other users of this machine (mode {mode}); its files are not, but "
                + "whoever may write to it can replace them: make it 0700, or name another with --data-dir");
        }

        return notes.DrainToImmutable();
    }

    /// <summary>The file of that name, what SQLite keeps beside it, and what was moved aside or is about to replace it.</summary>
    private static bool IsOwn(string name) =>
        Own.Any(own => name.StartsWith(own, StringComparison.Ordinal) && (name.Length == own.Length || name[own.Length] is '.' or '-'));

    private static bool TrySet(string path, UnixFileMode mode)
    {
        try
        {
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
