using System.Runtime.InteropServices;

namespace TrafficCtl.Control.Files;

/// <summary>What a path leads to.</summary>
public enum FileKind
{
    Missing,
    Regular,
    Directory,

    /// <summary>Opening it waits for the other end, and what was read from it is gone.</summary>
    Pipe,

    /// <summary>A terminal, or one such as <c>/dev/null</c>.</summary>
    CharacterDevice,
    BlockDevice,
    Socket,
}

/// <summary>Names one file for as long as it exists: once it was deleted or replaced, its path leads to another or to none.</summary>
public readonly record struct FileIdentity(uint Major, uint Minor, ulong Inode);

/// <summary>What the system says of a path, links followed.</summary>
/// <param name="Identity">Null where the system does not tell (not Linux, or an old one).</param>
/// <param name="Mode">Permissions; none on Windows.</param>
/// <param name="Length">In bytes; of a regular file.</param>
public readonly record struct FileStatus(FileKind Kind, FileIdentity? Identity, UnixFileMode Mode, long Length)
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>When the content, the name or the rights last changed: nobody can set it. Null where the system does not tell.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The number of the user that it belongs to; null where the system does not tell.</summary>
    public uint? Owner { get; init; }

    /// <summary>The C library has no such call (musl before 1.2.5).</summary>
    private static volatile bool isMissing;

    /// <summary>Every user of the machine may read or write it, as far as its own mode says.</summary>
    public bool IsOpenToOthers => (Mode & Others) != UnixFileMode.None;

    /// <summary>The kind in words, such as <c>a pipe</c>.</summary>
    public string InWords => Kind switch
    {
        FileKind.Missing => "missing",
        FileKind.Regular => "a file",
        FileKind.Directory => "a directory",
        FileKind.Pipe => "a pipe",
        FileKind.CharacterDevice => "a device",
        FileKind.BlockDevice => "a block device",
        FileKind.Socket => "a socket",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Asks without opening: this does not wait for the other end of a pipe, but it may wait for a mount that hangs.</summary>
    /// <exception cref="IOException">The path cannot be followed.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be entered.</exception>
    /// <exception cref="ArgumentException">Not a path.</exception>
    public static FileStatus Of(string path)
    {
        var full = Path.GetFullPath(path);
        return OnLinux(full) ?? Elsewhere(full);
    }

    /// <summary>Null where the call does not exist: elsewhere, in an old C library, or kept away by an old sandbox.</summary>
    private static FileStatus? OnLinux(string full)
    {
        const int workingDirectory = -100, followLinks = 0, notPermitted = 1, noEntry = 2, noAccess = 13, notDirectory = 20, noSuchCall =
            38;
        const uint basics = 0x7ff;
        if (!OperatingSystem.IsLinux() || isMissing) return null;
        try
        {
            if (Statx(workingDirectory, full, followLinks, basics, out var found) == 0)
                return new FileStatus(
                    KindOf(found.Mode), new FileIdentity(found.DeviceMajor, found.DeviceMinor, found.Inode),
                    (UnixFileMode)(found.Mode & 0xFFF), (long)found.Size)
                {
                    ChangedAt = ChangeOf(found),
                    Owner = found.User,
                };
        }
        catch (EntryPointNotFoundException)
        {
            isMissing = true;
            return null;
        }

        return Marshal.GetLastPInvokeError() switch
        {
            noEntry or notDirectory => default(FileStatus),
            notPermitted or noSuchCall => null,
            noAccess => throw new UnauthorizedAccessException($"Access to the path '{full}' is denied."),
            var code => throw new IOException($"{Marshal.GetPInvokeErrorMessage(code)} : '{full}'"),
        };
    }

    private static DateTimeOffset? ChangeOf(in Found found)
    {
        const uint hasChange = 0x80;
        return (found.Mask & hasChange) == 0 || found.ChangedSeconds is < 0 or > uint.MaxValue
            ? null
            : DateTimeOffset.FromUnixTimeSeconds(found.ChangedSeconds).AddTicks(found.ChangedNanoseconds / TimeSpan.NanosecondsPerTick);
    }

    private static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x1000 => FileKind.Pipe,
        0x2000 => FileKind.CharacterDevice,
        0x4000 => FileKind.Directory,
        0x6000 => FileKind.BlockDevice,
        0xC000 => FileKind.Socket,
        _ => FileKind.Regular,
    };

    private static FileStatus Elsewhere(string full)
    {
        if (Directory.Exists(full)) return new FileStatus(FileKind.Directory, null, ModeOf(full), 0);
        return new FileInfo(full) is { Exists: true } file ? new FileStatus(FileKind.Regular, null, ModeOf(full), file.Length) : default;
    }

    private static UnixFileMode ModeOf(string full) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(full);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Found found);

    /// <summary>The kernel's <c>struct statx</c>, which has one layout on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Found
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
