using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace TrafficCtl.Control.Files;

/// <summary>Files that nobody but this user and root can have changed: what they say may be carried out.</summary>
public static class OwnFiles
{
    private const UnixFileMode Writable = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Why somebody else may have written the file; null where nobody can have, or where its directory is allowed.</summary>
    /// <param name="path">The file. The directories that its name leads through, and those that links lead to, are looked at too.</param>
    /// <param name="allowed">Directories whose files may be anybody's.</param>
    /// <remarks>
    /// A directory that others may write is no way to change it where its sticky bit keeps them from names that are not theirs (/tmp).
    /// </remarks>
    public static string? WhyNot(string path, ImmutableArray<string> allowed)
    {
        var named = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows()) return IsIn(named, allowed) ? null : "owners are not known here: use --allow-exec";
        var real = Real(named) ?? named;
        if (IsIn(real, allowed)) return null;
        return WhyNotAlong(named) ?? (real == named ? null : WhyNotAlong(real));
    }

    private static bool IsIn(string file, ImmutableArray<string> allowed)
    {
        if (allowed.IsDefaultOrEmpty) return false;
        foreach (var directory in allowed)
        {
            var full = Path.GetFullPath(directory);
            var root = Path.TrimEndingDirectorySeparator((OperatingSystem.IsWindows() ? null : Real(full)) ?? full);
            if (!root.EndsWith(Path.DirectorySeparatorChar)) root += Path.DirectorySeparatorChar;
            if (file.StartsWith(root, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static string? WhyNotAlong(string path)
    {
        for (var at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            try
            {
                var status = FileStatus.Of(at);
                if (status.Owner is not { } owner) return "the system does not tell who owns it: use --allow-exec";
                if (owner != 0 && owner != UserId()) return $"{at} belongs to another user ({owner})";
                var isSticky = status.Kind == FileKind.Directory && (status.Mode & UnixFileMode.StickyBit) != UnixFileMode.None;
                if ((status.Mode & Writable) != UnixFileMode.None && !isSticky) return $"others may write {at}: chmod go-w {at}";
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return fault.Message;
            }
        }

        return null;
    }

    /// <summary>With all links followed; null where the system cannot.</summary>
    private static string? Real(string path)
    {
        var found = RealPath(path, 0);
        if (found == 0) return null;
        try
        {
            return Marshal.PtrToStringUTF8(found);
        }
        finally
        {
            Free(found);
        }
    }

    [DllImport("libc", EntryPoint = "realpath"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint RealPath([MarshalAs(UnmanagedType.LPUTF8Str)] string path, nint resolved);

    [DllImport("libc", EntryPoint = "free"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Free(nint memory);

    [DllImport("libc", EntryPoint = "geteuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UserId();
}
