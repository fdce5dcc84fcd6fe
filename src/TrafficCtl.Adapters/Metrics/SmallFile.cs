using System.Text;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>A file cannot be used. The message says why, and not what is in it.</summary>
internal sealed class SmallFileException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A small text file that is replaced now and then, as Kubernetes does with mounted tokens and Secrets: read anew at
/// each use.
/// </summary>
/// <remarks>By one thread at most: a mount that hangs keeps no caller longer than he waits.</remarks>
internal sealed class SmallFile(string path)
{
    private const int MostBytes = 1 << 20;

    private readonly Lock gate = new();
    private Task<string>? reading;

    public string Path => path;

    /// <exception cref="SmallFileException">It is missing, not allowed, or too large.</exception>
    public Task<string> ReadAsync(CancellationToken stop)
    {
        lock (gate)
        {
            if (reading is not { IsCompleted: false }) reading = Task.Run(Read, CancellationToken.None);
            return reading.WaitAsync(stop);
        }
    }

    private string Read()
    {
        try
        {
            return PlainFile.Read(path, MostBytes) is { } bytes
                ? Encoding.UTF8.GetString(bytes)
                : throw new SmallFileException("there is no such file");
        }
        catch (InvalidDataException fault)
        {
            throw new SmallFileException($"it {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SmallFileException("there is no such file", fault);
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException or ArgumentException)
        {
            throw new SmallFileException(fault is ArgumentException ? "that is no path" : "this user may not read it", fault);
        }
        catch (IOException fault)
        {
            throw new SmallFileException(fault.Message.TrimEnd('.'), fault);
        }
    }
}
