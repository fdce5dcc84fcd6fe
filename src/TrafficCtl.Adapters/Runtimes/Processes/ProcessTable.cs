using System.Globalization;
using System.Text;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <param name="Started">Ticks of the system's clock since it was booted: with the id and the boot it names one process for ever.</param>
/// <param name="IsOver">It has ended, and its parent has not asked how yet.</param>
internal readonly record struct ProcessEntry(int Id, int Parent, int Session, long Started, bool IsOver);

/// <summary>The processes of this machine, as <c>/proc</c> has them.</summary>
internal static class ProcessTable
{
    /// <summary>Names this boot of the machine: process ids and start times of another one mean nothing.</summary>
    public static string ReadBoot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Null where there is no such process.</summary>
    public static ProcessEntry? Find(int id)
    {
        string text;
        try
        {
            text = File.ReadAllText(Of(id, "stat"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The name stands in parentheses and may have any character, also blanks and parentheses.
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new ProcessEntry(id, Whole(fields[1]), Whole(fields[3]), long.Parse(fields[19], CultureInfo.InvariantCulture),
                fields[0] is "X" or "x" || (fields[0] == "Z" && !HasThreads(id)));
    }

    /// <summary>A process whose first thread has ended alone looks like one that is over, and runs.</summary>
    private static bool HasThreads(int id)
    {
        try
        {
            return Directory.EnumerateDirectories(Of(id, "task")).Skip(1).Any();
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>All that have not ended.</summary>
    public static IEnumerable<ProcessEntry> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id) && Find(id) is { IsOver: false } found)
                yield return found;
    }

    /// <summary>Its environment as it was started with; null where it may not be read, or it has ended.</summary>
    public static string? FindVariable(int id, string name)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(Of(id, "environ"));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = text, key = Encoding.UTF8.GetBytes(name + "=");
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            var entry = end < 0 ? rest : rest[..end];
            if (entry.StartsWith(key)) return Encoding.UTF8.GetString(entry[key.Length..]);
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return null;
    }

    /// <summary>What one of its handles leads to; null where it has none, or it may not be read.</summary>
    public static string? FindHandle(int id, int handle)
    {
        try
        {
            return new FileInfo(Of(id, $"fd/{handle}")).LinkTarget;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>All that its handles lead to; null where they may not be read, or it has ended.</summary>
    public static HashSet<string>? FindHandles(int id)
    {
        try
        {
            return [.. new DirectoryInfo(Of(id, "fd")).EnumerateFileSystemInfos().Select(static f => f.LinkTarget).OfType<string>()];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Sends a signal to this process, and to no other that has its number by now.</summary>
    public static void Signal(ProcessEntry process, int signal)
    {
        var handle = Libc.OpenProcess(process.Id);
        if (handle < 0)
        {
            // Before Linux 5.3 there is no handle of a process, and a moment remains between the look and the signal.
            if (Find(process.Id)?.Started == process.Started) _ = Libc.Kill(process.Id, signal);
            return;
        }

        try
        {
            if (Find(process.Id)?.Started == process.Started) _ = Libc.SignalProcess(handle, signal);
        }
        finally
        {
            _ = Libc.Close(handle);
        }
    }

    private static string Of(int id, string what) => string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{what}");

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
