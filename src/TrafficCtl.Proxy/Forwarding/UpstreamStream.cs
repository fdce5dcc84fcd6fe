using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>A connection to an HTTP/1.1 upstream, which notices an answer that comes before the request has been sent.</summary>
/// <remarks>
/// The client library reads an answer only after it has sent the whole body. An upstream that answers early and then takes no more (a 413)
/// would hold both of them until a timeout. So while a body is sent this reads ahead: when an answer begins, the body is given a little
/// time, and what is left of it after that is discarded here. The library then believes that it has sent all of it, and reads the answer.
/// As the upstream misses a part of the request, nothing else may follow on the connection: the answer is given a <c>Connection: close</c>.
/// </remarks>
internal sealed class UpstreamStream(Stream inner) : PassingStream
{
    private const int LeastError = 300;
    private const int WatchedBytes = 4096;

    /// <summary>The body whose bytes are being written on this thread, until the connection that takes them has met it.</summary>
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

    /// <summary>Writes a part of a body, or only the head before it, so that the connection below knows whose it is.</summary>
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

    /// <summary>Takes no more of this body; what is being written of it is given up.</summary>
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

    /// <summary>The library has its answer, or has given up.</summary>
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
        // A read of no bytes only waits for some; the one that takes them follows.
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
        // On a connection that was used before, the library has a read under way already.
        if (!isReading && watch is null && held.IsEmpty) watch = WatchAsync();
    }

    /// <summary>Waits until the upstream has taken a part, or until it is given up.</summary>
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
            // It was cut.
        }
        catch (IOException) when (Broken() is { } sending)
        {
            // What the upstream said before it closed the connection, or that it said nothing, is what the library reads next.
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

    /// <summary>Reads while the library does not; what comes is held until it does.</summary>
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

    /// <summary>Looks for the final status of an answer that came before the whole request has gone.</summary>
    /// <returns>What has been read by now, and the end of the status line of such an answer; 0 for that where there is none.</returns>
    private async ValueTask<(int Read, int Line)> LookAtAsync(Memory<byte> buffer, int read)
    {
        while (IsSending())
        {
            var line = AnswerHead.EndOfStatusLine(buffer.Span[..read], out var status);
            if (line > 0) return (read, IsEarly(status) ? line : 0);
            if (line < 0 || read == buffer.Length) break;
            // An interim answer, or a part of a line: while the library sends, nobody else would read on.
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

        // Who refuses has no use for the rest. Who succeeds may have, as long as the rest is taken.
        if (status >= LeastError || isWriting) sending.Answered();
        return true;
    }

    private static byte[] Closing(ReadOnlySpan<byte> rest) => [.. "Connection: close\r\n"u8, .. rest];

    private async ValueTask<int> AfterAsync(Task watching, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await watching;
        // A read of no bytes only waits; another one may be the first to find the watch over.
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
