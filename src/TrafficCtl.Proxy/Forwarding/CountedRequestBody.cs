using Microsoft.AspNetCore.Http;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The client's request body as it is forwarded: counts and limits it, and restarts the attempt's deadline on each read.</summary>
/// <remarks>It can be ended early, when the upstream has responded and reads no more of it.</remarks>
internal sealed class CountedRequestBody(Exchange exchange) : PassingStream
{
    /// <summary>How long a body may go on after the response began. A short one completes, so that its connection can be reused.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private Stream inner = Null;
    private long limit, announced, filled;
    private bool isAsked, isActive;
    private volatile bool isComplete, isStopped, isFilling, isOnHttp1;
    private CancellationTokenSource reading = new();
    private CancellationTokenRegistration joined;
    private CancellationTokenSource? copying;
    private UpstreamStream? through;
    private GraceTime? grace;

    public long Bytes { get; private set; }

    /// <summary>The proxy stopped waiting for the client to send more.</summary>
    public bool WaitedInVain { get; private set; }

    /// <summary>The upstream has read a part of it, and more is expected.</summary>
    public bool IsUnderWay => isAsked && !isComplete && !isStopped;

    /// <summary>The client has sent all of it.</summary>
    public bool IsComplete => isComplete;

    /// <summary>It is sent over an HTTP/1.1 connection.</summary>
    public bool IsOnHttp1 => isOnHttp1;

    /// <param name="body">The client's.</param>
    /// <param name="bodyLimit">Maximum size in bytes.</param>
    /// <param name="length">The length that the client announced; null when it announced none.</param>
    public void Begin(Stream body, long bodyLimit, long? length)
    {
        lock (gate)
        {
            (inner, limit, announced, Bytes, filled) = (body, bodyLimit, length ?? long.MaxValue, 0, 0);
            (WaitedInVain, isAsked, isComplete, isStopped, isFilling, isOnHttp1) = (false, false, false, false, false, false);
            isActive = true;
        }
    }

    public void Forget()
    {
        AnswerArrived();
        lock (gate) isActive = false;
        joined.Dispose();
        joined = default;
        if (!reading.TryReset()) reading = new CancellationTokenSource();
        inner = Null;
    }

    public override bool CanRead => true;

    /// <exception cref="BadHttpRequestException">413: an unannounced body is larger than the limit.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isFilling) return ValueTask.FromResult(Fill(buffer.Span));
        if (!isAsked)
        {
            isAsked = true;
            joined = cancellationToken.UnsafeRegister(static reading => ((CancellationTokenSource)reading!).Cancel(), reading);
        }

        var next = inner.ReadAsync(buffer, reading.Token);
        return next.IsCompletedSuccessfully ? ValueTask.FromResult(Count(next.Result, buffer.IsEmpty)) : CountAsync(next, buffer);
    }

    /// <summary>Sets the connection that sends it; called for HTTP/1.1 only.</summary>
    public void SentBy(UpstreamStream connection)
    {
        lock (gate)
        {
            if (isActive) (through, isOnHttp1) = (connection, true);
        }
    }

    /// <summary>Sets the source that stops copying to an HTTP/2 upstream; null when copying has ended.</summary>
    public void CopiedUntil(CancellationTokenSource? stop)
    {
        lock (gate) copying = stop;
    }

    /// <summary>The upstream responds before it has read all of it: the body is stopped after <see cref="Grace"/>.</summary>
    public void Answered()
    {
        lock (gate)
        {
            if (isActive && !isStopped && grace is null) grace = new GraceTime(this, exchange.Clock);
        }
    }

    /// <summary>The upstream continues to read it: cancels the grace time.</summary>
    public void Taken()
    {
        lock (gate) EndGrace();
    }

    /// <summary>The response headers arrived or never will: an HTTP/1.1 connection no longer belongs to this body.</summary>
    public void AnswerArrived()
    {
        UpstreamStream? left;
        lock (gate)
        {
            EndGrace();
            (left, through) = (through, null);
        }

        left?.Forget(this);
    }

    /// <summary>The response is complete. Over HTTP/2 the body may still be being sent.</summary>
    public void AnswerEnded()
    {
        lock (gate)
        {
            if (copying is null) return;
        }

        Answered();
    }

    /// <summary>The upstream reads no more of it: the rest is neither waited for nor sent.</summary>
    public void Stop()
    {
        UpstreamStream? connection;
        lock (gate) connection = through;
        // Cut first: from isFilling on, reads return filler bytes, which the connection must not send.
        if (connection?.Cut(this) == false) return;
        lock (gate)
        {
            // Under the lock, so that this cannot stop the body of the next request.
            if (!isActive || through != connection) return;
            if (connection is null)
            {
                isStopped = copying is not null;
                copying?.Cancel();
                return;
            }

            isStopped = isFilling = true;
            reading.Cancel();
        }
    }

    private async ValueTask<int> CountAsync(ValueTask<int> next, Memory<byte> buffer)
    {
        exchange.AwaitsClient();
        try
        {
            return Count(await next, buffer.IsEmpty);
        }
        catch (OperationCanceledException) when (isFilling)
        {
            exchange.RequestBodyMoved();
            return Fill(buffer.Span);
        }
        catch (OperationCanceledException)
        {
            WaitedInVain = !isStopped;
            throw;
        }
    }

    /// <param name="read">Number of bytes read from the client.</param>
    /// <param name="isWait">A zero-byte read, which only waits until data is available.</param>
    private int Count(int read, bool isWait)
    {
        Bytes += read;
        if (Bytes > limit)
            throw new BadHttpRequestException($"The request body is larger than {limit} bytes.", StatusCodes.Status413PayloadTooLarge);
        if (!isWait) isComplete = read == 0 || Bytes >= announced;
        exchange.RequestBodyMoved();
        return read;
    }

    /// <summary>Returns zeros for the rest of an announced length, which the connection discards; without a length, the end.</summary>
    private int Fill(Span<byte> buffer)
    {
        if (announced == long.MaxValue) return 0;
        var length = (int)Math.Min(buffer.Length, announced - Bytes - filled);
        buffer[..length].Clear();
        filled += length;
        return length;
    }

    private void EndGrace()
    {
        grace?.Dispose();
        grace = null;
    }

    private void GraceIsOver(GraceTime ended)
    {
        lock (gate)
        {
            if (grace != ended) return;
        }

        Stop();
    }

    /// <summary>One per response, so that a timer that fires late does not stop the body of the next request.</summary>
    private sealed class GraceTime : IDisposable
    {
        private readonly ITimer timer;

        public GraceTime(CountedRequestBody body, TimeProvider clock) =>
            timer = clock.CreateTimer(_ => body.GraceIsOver(this), null, Grace, Timeout.InfiniteTimeSpan);

        public void Dispose() => timer.Dispose();
    }
}
