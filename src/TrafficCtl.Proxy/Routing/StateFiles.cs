using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Proxy.Routing;

/// <summary>How state files are read, and what they do with content that cannot be understood.</summary>
internal static class StateFiles
{
    /// <summary>How long the start waits for one file: a pipe without a writer and a mount that hangs never answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="most">A longer one is refused unread.</param>
    /// <exception cref="IOException">It is too long, or it does not answer in time.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAll(string path, long most)
    {
        if (new FileInfo(path).Length is var length && length > most) throw new IOException($"it has {length} bytes, and at most {most} are read");
        // Opening may block for ever, and no option of the platform forbids that: the thread is left behind.
        var reading = Task.Factory.StartNew(() => File.ReadAllBytes(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.WhenAny(reading, Task.Delay(Patience)).GetAwaiter().GetResult() == reading
            ? reading.GetAwaiter().GetResult()
            : throw new IOException($"it does not answer within {DurationText.Of(Patience)}; is it a pipe, or on a mount that hangs?");
    }

    /// <summary>Where the file went; where it stays, with the reason in <paramref name="problem"/>, when it cannot be moved.</summary>
    public static string MoveAside(string path, DateTimeOffset now, ref string? problem)
    {
        try
        {
            return DurableFile.MoveAside(path, now);
        }
        catch (Exception immovable) when (immovable is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref problem, $"cannot move {path} aside: {immovable.Message}");
            return path;
        }
    }
}
