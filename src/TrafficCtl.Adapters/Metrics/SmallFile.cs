using System.Text;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>A file cannot be used. The message says why, and not what is in it.</summary>
internal sealed class SmallFileException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A small text file that is replaced now and then, as Kubernetes does with mounted tokens and Secrets: read anew at each use.</summary>
/// <remarks>By one thread at most: a file that blocks (a pipe, a hung mount) keeps no caller longer than he waits.</remarks>
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
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[MostBytes + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= MostBytes ? Encoding.UTF8.GetString(bytes, 0, length) : throw new SmallFileException($"it is larger than {MostBytes >> 20} MiB");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SmallFileException("there is no such file", fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new SmallFileException(Directory.Exists(path) ? "it is a directory" : "this user may not read it", fault);
        }
        catch (IOException fault)
        {
            throw new SmallFileException(fault.Message.TrimEnd('.'), fault);
        }
    }
}
