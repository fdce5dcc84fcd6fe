using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Adapters.Storage;

/// <summary>The directory that holds all that one daemon remembers, owned by this process until it is disposed.</summary>
/// <remarks>
/// Ownership is an advisory lock of the operating system on the file <c>lock</c>: it ends with the process, however that
/// ends, so nothing is ever left to clean up. <c>daemon.pid</c> beside it only names the owner to people and scripts.
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    private const string LockName = "lock", PidName = "daemon.pid", DatabaseName = "trafficctl.db";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What must be a file where it exists: opening a pipe of that name would wait for ever.</summary>
    private static readonly string[] Files = [LockName, PidName, DatabaseName, DatabaseName + "-wal", DatabaseName + "-shm"];

    private readonly FileStream held;
    private readonly FileIdentity? identity;

    private DataDirectory(string path, FileStream held, string? trouble)
    {
        Path = path;
        this.held = held;
        identity = FileStatus.Of(File(LockName)).Identity;
        Trouble = trouble;
    }

    /// <summary>Why it cannot be written although an earlier process has used it, and what follows; null when it can.</summary>
    public string? Trouble { get; }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    public string Database => DatabaseIn(Path);

    /// <summary>What other users of the machine can reach in it, a sentence each; empty when they cannot.</summary>
    public ImmutableArray<string> OpenToOthers { get; private init; } = [];

    /// <summary>Where a daemon with this data directory keeps its store.</summary>
    public static string DatabaseIn(string directory) => System.IO.Path.Combine(directory, DatabaseName);

    /// <summary>A file of this directory.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Creates the directory (mode 0700) when it is missing, proves that it can be written, and takes it.</summary>
    /// <remarks>
    /// One that holds a store is taken also while it cannot be written (a full disk, a read-only mount): what an earlier process left
    /// there is served, and <see cref="Trouble"/> says so. To begin in such a directory is refused.
    /// </remarks>
    /// <exception cref="DataDirectoryException">
    /// Not a directory, not readable, not writable and new, or owned by another process.
    /// </exception>
    public static DataDirectory Take(string path)
    {
        var full = FullPath(path);
        Create(full);
        var taken = Lock(full);
        try
        {
            WritePid(full);
            return new DataDirectory(full, taken, null) { OpenToOthers = Privacy.Tighten(full) };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (HasStore(full)) return new DataDirectory(full, taken, NotWritable(full, fault).Message);
            taken.Dispose();
            throw NotWritable(full, fault);
        }
    }

    /// <summary>Why this is no longer the directory that was taken, and what to do; null while it is.</summary>
    /// <remarks>It asks the file system, which may hang.</remarks>
    public string? FindTrouble()
    {
        const string restart = "Traffic goes on as it is; put the directory right and restart trafficctl";
        try
        {
            var found = FileStatus.Of(File(LockName));
            if (found.Kind == FileKind.Missing)
                return Directory.Exists(Path)
                    ? $"the lock {File(LockName)} was deleted, so a second trafficctl could take the directory. {restart}"
                    : $"the data directory {Path} was deleted while it was in use. {restart}";
            return found.Identity == identity
                ? null
                : $"the lock {File(LockName)} is not the file that this process holds: the directory was replaced, or a second trafficctl "
                    + $"took it{Owner(Path)}. {restart}";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"the data directory {Path} cannot be looked at: {fault.Message}. {restart}";
        }
    }

    public void Dispose() => held.Dispose();

    private static string FullPath(string path)
    {
        try
        {
            return System.IO.Path.GetFullPath(path);
        }
        catch (ArgumentException fault)
        {
            throw new DataDirectoryException(
                "The data directory has no name, or one that is none. Name a directory with --data-dir.", fault);
        }
    }

    private static void Create(string full)
    {
        if (System.IO.File.Exists(full))
            throw new DataDirectoryException(
                $"The data directory {full} is a file. Name a directory with --data-dir, or move the file away.");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(full);
            else Directory.CreateDirectory(full, OwnerOnly);
            _ = Directory.EnumerateFileSystemEntries(full).FirstOrDefault();
            foreach (var name in Files) RefuseUnlessFile(System.IO.Path.Combine(full, name));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"The data directory {full} cannot be made or read ({fault.Message}). Make it readable and writable for user "
                    + $"{Environment.UserName}, or name another with --data-dir.", fault);
        }
    }

    private static void RefuseUnlessFile(string path)
    {
        if (FileStatus.Of(path) is { Kind: not (FileKind.Regular or FileKind.Missing) } found)
            throw new DataDirectoryException(
                $"{path} is {found.InWords}, not a file. Move it away, or name another directory with --data-dir.");
    }

    private static FileStream Lock(string full)
    {
        try
        {
            return PrivateFile.Open(System.IO.Path.Combine(full, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException || (fault is IOException && !IsHeld(fault)))
        {
            return HasStore(full) && LockUnwritten(full) is { } held ? held : throw NotWritable(full, fault);
        }
        catch (IOException fault)
        {
            throw InUse(full, fault);
        }
    }

    private static bool HasStore(string full) => System.IO.File.Exists(DatabaseIn(full));

    /// <summary>The lock is the operating system's and needs no write; null when the file cannot be read either.</summary>
    private static FileStream? LockUnwritten(string full)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(full, LockName), FileMode.Open, FileAccess.Read, FileShare.None, 1);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return IsHeld(fault) ? throw InUse(full, fault) : null;
        }
    }

    /// <summary>The lock is another's: a sharing violation on Windows, EWOULDBLOCK elsewhere.</summary>
    private static bool IsHeld(Exception fault)
    {
        const int sharingViolation = unchecked((int)0x80070020), wouldBlockLinux = 11, wouldBlockMac = 35;
        var code = Marshal.GetHRForException(fault);
        return code is sharingViolation or wouldBlockLinux or wouldBlockMac;
    }

    private static void WritePid(string full)
    {
        using var file = PrivateFile.Open(System.IO.Path.Combine(full, PidName), FileMode.Create, FileAccess.Write, FileShare.Read);
        file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
        file.Flush(flushToDisk: true);
    }

    private static string Owner(string full)
    {
        try
        {
            var pid = System.IO.File.ReadAllText(System.IO.Path.Combine(full, PidName)).Trim();
            return pid.Length > 0 ? $" (process {pid})" : "";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $" (which one is unknown: {fault.Message})";
        }
    }

    private static DataDirectoryException InUse(string full, Exception fault) => new(
        $"The data directory {full} is in use by another trafficctl{Owner(full)}. Stop that one first, or name another directory with "
            + "--data-dir.", fault);

    private static DataDirectoryException NotWritable(string full, Exception fault) => new(
        $"The data directory {full} cannot be written ({fault.Message}). Free space on it, make it writable for user "
            + $"{Environment.UserName}, or name another with --data-dir.", fault);
}

/// <summary>The data directory cannot be had. The message says what, where and what to do.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
