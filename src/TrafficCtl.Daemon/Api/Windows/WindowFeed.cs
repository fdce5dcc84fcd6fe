using System.IO.Pipelines;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>The windows of a request on their way to the judge, counted.</summary>
internal sealed class WindowFeed(PipeWriter to)
{
    /// <summary>Of all windows of a request.</summary>
    public const long MostBytes = 64L * 1024 * 1024;

    /// <summary>Of a request: some 70 hours of ticks of 5 s, of two traces at once.</summary>
    public const long MostLines = 200_000;

    private long bytes;
    private long lines;

    /// <returns>False when the judge takes no more.</returns>
    /// <exception cref="WindowLimitException">There are too many.</exception>
    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken stop)
    {
        bytes += piece.Length;
        lines += piece.Span.Count((byte)'\n');
        if (bytes > MostBytes) throw new WindowLimitException($"the windows of a request may have {MostBytes} bytes: send fewer");
        if (lines > MostLines) throw new WindowLimitException($"a request may have {MostLines} windows: send fewer, or wider ones");
        var flushed = await to.WriteAsync(piece, stop);
        return !flushed.IsCompleted;
    }
}

/// <summary>More is sent than is judged at once.</summary>
internal sealed class WindowLimitException(string message) : Exception(message);
