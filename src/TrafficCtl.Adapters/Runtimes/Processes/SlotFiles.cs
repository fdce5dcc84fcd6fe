using TrafficCtl.Control.Files;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The files of one slot: its record, the lock that its processes hold, and its logs.</summary>
internal sealed class SlotFiles
{
    private const string RecordName = "record.json";

    private readonly string directory;

    private SlotFiles(string root, string name) => (Name, directory) = (name, Path.Combine(root, name));

    public SlotFiles(string root, TargetKey key, string slot)
        : this(root, string.Join('@', Escaped(key.Service), Escaped(key.Environment), Escaped(key.Target), Escaped(slot)))
    {
    }

    /// <summary>Names the slot in its directory and in its processes' environment.</summary>
    public string Name { get; }

    public string Record => Path.Combine(directory, RecordName);

    public string Lock => Path.Combine(directory, "lock");

    public string Log => Path.Combine(directory, "output.log");

    /// <summary>By the name of its directory.</summary>
    public static SlotFiles Named(string root, string name) => new(root, name);

    /// <summary>Records that an earlier daemon left, by their paths.</summary>
    public static IEnumerable<string> FindRecords(string root) =>
        Directory.EnumerateDirectories(root).Select(static d => Path.Combine(d, RecordName)).Where(File.Exists);

    /// <summary>After a crash either the old or the new record is there, whole.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Save(SlotRecord record)
    {
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        Directory.CreateDirectory(directory, mine);
        var temporary = Record + ".tmp";
        using (var file = PrivateFile.Open(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(record.Write());
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, Record, overwrite: true);
        SyncDirectory();
    }

    public void DeleteRecord()
    {
        if (!Directory.Exists(directory)) return;
        File.Delete(Record);
        SyncDirectory();
    }

    /// <summary>A rename is only as durable as its directory.</summary>
    private void SyncDirectory()
    {
        var handle = Libc.Open(directory, Libc.CloseOnExec, 0);
        if (handle < 0) throw new IOException($"cannot open {directory} to sync it");
        try
        {
            if (Libc.Sync(handle) != 0) throw new IOException($"cannot sync {directory}");
        }
        finally
        {
            _ = Libc.Close(handle);
        }
    }

    /// <summary>No name of a service leads out of the directory.</summary>
    private static string Escaped(string name) => Uri.EscapeDataString(name).Replace(".", "%2E", StringComparison.Ordinal);
}
