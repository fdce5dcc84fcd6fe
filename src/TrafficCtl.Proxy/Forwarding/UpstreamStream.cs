using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>A connection to an HTTP/1.1 upstream that detects a response which arrives before the request was sent completely.</summary>
/// <remarks>
/// The client library reads a response only after it has sent the whole body. An upstream that responds early and then reads no more (for
/// example a 413) would block both until a timeout. So this stream reads ahead while a body is sent. When a response begins, the body gets
/// <see cref="CountedRequestBody.Grace"/> to complete; after that the rest is discarded here, so that the library believes it was sent and
/// reads the response. The upstream misses a part of the request then, so <c>Connection: close</c> is added to the response.
/// </remarks>
internal sealed class UpstreamStream(Stream inner) : PassingStream
{
    private const int LeastError = 300;
    private const int WatchedBytes = 4096;

    /// <summary>The body whose bytes are being written on this thread; passes it to the connection, which clears it.</summary>
    [ThreadStatic]
    private static CountedRequestBody? sender;

    private readonly Lock gate = new();
    private CountedRequestBody? body;
    private CancellationTokenSource? cutting;
    private Task? watch;
    private byte[]? watched;
    private ReadOnlyMemory<byte> held;
    private ExceptionDispatchInfo? fault;
    private int earlyStatus;
    private volatile bool isReading, isWriting, isDiscarding;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Writes a part of a body, or only the headers before it, so that the connection below learns which body it sends.</summary>
    public static ValueTask SendAsync(
        CountedRequestBody sending, Stream to, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        sender = sending;
        try
        {
            return buffer.IsEmpty ? new ValueTask(to.FlushAsync(cancellationToken)) : to.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            sender = null;
        }
    }

    /// <summary>Discards the rest of this body and cancels a write in progress.</summary>
    /// <returns>False when the connection no longer sends it.</returns>
    public bool Cut(CountedRequestBody of)
    {
        lock (gate)
        {
            if (body != of) return false;
            isDiscarding = true;
        }

        cutting!.Cancel();
        return true;
    }

    /// <summary>The library has its response, or has given up.</summary>
    public void Forget(CountedRequestBody of)
    {
        lock (gate)
        {
            if (body == of) body = null;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (sender is { } linking) Begin(linking);
        if (isDiscarding) return ValueTask.CompletedTask;
        if (body is null) return inner.WriteAsync(buffer, cancellationToken);
        ValueTask writing;
        try
        {
            writing = inner.WriteAsync(buffer, cutting!.Token);
        }
        catch (IOException broken)
        {
            writing = ValueTask.FromException(broken);
        }

        return writing.IsCompletedSuccessfully ? writing : TakeAsync(writing);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (watch is { } watching) return AfterAsync(watching, buffer, cancellationToken);
        if (!held.IsEmpty) return ValueTask.FromResult(TakeHeld(buffer.Span));
        isReading = true;
        var reading = inner.ReadAsync(buffer, cancellationToken);
        if (body is not null || !reading.IsCompleted) return LookAsync(reading, buffer);
        // A zero-byte read only waits for data; the read that takes the data follows.
        isReading = buffer.IsEmpty;
        return reading;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private void Begin(CountedRequestBody sending)
    {
        sender = null;
        lock (gate) (body, earlyStatus) = (sending, 0);
        cutting ??= new CancellationTokenSource();
        sending.SentBy(this);
        // On a reused connection the library has a pending read already.
        if (!isReading && watch is null && held.IsEmpty) watch = WatchAsync();
    }

    /// <summary>Waits until the upstream has read a part, or until the write is cancelled.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeAsync(ValueTask writing)
    {
        isWriting = true;
        try
        {
            if (EarlyStatus(out var waiting) != 0) waiting!.Answered();
            await writing;
            if (EarlyStatus(out var going) is not 0 and < LeastError) going!.Taken();
        }
        catch (OperationCanceledException) when (isDiscarding)
        {
            // Expected: Cut cancelled the write.
        }
        catch (IOException) when (Broken() is { } sending)
        {
            // The library reads next what the upstream sent before it closed the connection, or that it sent nothing.
            sending.Stop();
        }
        finally
        {
            isWriting = false;
        }
    }

    private CountedRequestBody? Broken()
    {
        lock (gate) return body;
    }

    private int EarlyStatus(out CountedRequestBody? sending)
    {
        lock (gate)
        {
            sending = body;
            return body is null ? 0 : earlyStatus;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> LookAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        try
        {
            var read = await reading;
            if (read == 0 || body is null) return read;
            (read, var line) = await LookAtAsync(buffer, read);
            if (line == 0) return read;
            held = Closing(buffer.Span[line..read]);
            return line;
        }
        finally
        {
            isReading = buffer.IsEmpty;
        }
    }

    /// <summary>Reads ahead while the library does not read; the bytes are kept until it does.</summary>
    private async Task WatchAsync()
    {
        watched ??= new byte[WatchedBytes];
        try
        {
            var read = await inner.ReadAsync(watched);
            if (read == 0) return;
            (read, var line) = await LookAtAsync(watched, read);
            held = line == 0 ? watched.AsMemory(0, read) : (byte[])[.. watched[..line], .. Closing(watched.AsSpan(line, read - line))];
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException)
        {
            fault = ExceptionDispatchInfo.Capture(broken);
        }
    }

    /// <summary>Looks for the final status line of a response that arrived before the request was sent completely.</summary>
    /// <returns>The number of bytes read so far, and the end of that status line; 0 for the latter if there is none.</returns>
    private async ValueTask<(int Read, int Line)> LookAtAsync(Memory<byte> buffer, int read)
    {
        while (IsSending())
        {
            var line = AnswerHead.EndOfStatusLine(buffer.Span[..read], out var status);
            if (line > 0) return (read, IsEarly(status) ? line : 0);
            if (line < 0 || read == buffer.Length) break;
            // An interim (1xx) response or an incomplete line: read on here, because the library does not read while it sends.
            var more = await inner.ReadAsync(buffer[read..]);
            if (more == 0) break;
            read += more;
        }

        return (read, 0);
    }

    private bool IsSending()
    {
        lock (gate) return body is { } sending && (isWriting || !sending.IsComplete);
    }

    private bool IsEarly(int status)
    {
        CountedRequestBody sending;
        lock (gate)
        {
            if (body is not { } early || !(isWriting || !early.IsComplete)) return false;
            (sending, earlyStatus) = (early, status);
        }

        // An upstream that refuses needs no more of the body. One that succeeds may, as long as it keeps reading.
        if (status >= LeastError || isWriting) sending.Answered();
        return true;
    }

    private static byte[] Closing(ReadOnlySpan<byte> rest) => [.. "Connection: close\r\n"u8, .. rest];

    private async ValueTask<int> AfterAsync(Task watching, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await watching;
        // A zero-byte read only waits, so another read may be the first to see that the read-ahead has ended.
        watch = null;
        if (fault is { } broken)
        {
            fault = null;
            broken.Throw();
        }

        return held.IsEmpty ? await ReadAsync(buffer, cancellationToken) : TakeHeld(buffer.Span);
    }

    private int TakeHeld(Span<byte> into)
    {
        var taken = Math.Min(into.Length, held.Length);
        held.Span[..taken].CopyTo(into);
        held = held[taken..];
        return taken;
    }
}
