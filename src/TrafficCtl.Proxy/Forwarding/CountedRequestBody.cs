using Microsoft.AspNetCore.Http;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The client's body on its way up: counted, limited, and a sign of life for the attempt's deadline.</summary>
/// <remarks>It can be ended early, when the upstream has answered and takes no more of it.</remarks>
internal sealed class CountedRequestBody(Exchange exchange) : PassingStream
{
    /// <summary>What a body is left to go on after an answer: a short one gets through, and its connection is used again.</summary>
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

    /// <summary>The wait for the client's next part was given up.</summary>
    public bool WaitedInVain { get; private set; }

    /// <summary>The upstream took a part of it, and more is to come.</summary>
    public bool IsUnderWay => isAsked && !isComplete && !isStopped;

    /// <summary>The client has sent all of it.</summary>
    public bool IsComplete => isComplete;

    /// <summary>It goes over an HTTP/1.1 connection.</summary>
    public bool IsOnHttp1 => isOnHttp1;

    /// <param name="body">The client's.</param>
    /// <param name="bodyLimit">Bytes at most.</param>
    /// <param name="length">As the client announced it; null when it did not.</param>
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

    /// <exception cref="BadHttpRequestException">413: more than the limit came without being announced.</exception>
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

    /// <summary>The connection that sends it, where that is HTTP/1.1.</summary>
    public void SentBy(UpstreamStream connection)
    {
        lock (gate)
        {
            if (isActive) (through, isOnHttp1) = (connection, true);
        }
    }

    /// <summary>What ends the copying to an HTTP/2 upstream; null when it is over.</summary>
    public void CopiedUntil(CancellationTokenSource? stop)
    {
        lock (gate) copying = stop;
    }

    /// <summary>An upstream answers, and has not taken all of it: it is left <see cref="Grace"/>, and then ended.</summary>
    public void Answered()
    {
        lock (gate)
        {
            if (isActive && !isStopped && grace is null) grace = new GraceTime(this, exchange.Clock);
        }
    }

    /// <summary>The upstream goes on taking it.</summary>
    public void Taken()
    {
        lock (gate) EndGrace();
    }

    /// <summary>The answer's head is there, or never will be: from now on an HTTP/1.1 connection is not this body's any more.</summary>
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

    /// <summary>The answer is complete. Over HTTP/2 the body may still be on its way.</summary>
    public void AnswerEnded()
    {
        lock (gate)
        {
            if (copying is null) return;
        }

        Answered();
    }

    /// <summary>The upstream takes no more of it: what is left is neither waited for nor sent.</summary>
    public void Stop()
    {
        UpstreamStream? connection;
        lock (gate) connection = through;
        // Before anything but the client's own bytes can be read here: the connection must not send that.
        if (connection?.Cut(this) == false) return;
        lock (gate)
        {
            // Under the lock, so that this does not meet the next request.
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

    /// <param name="read">Bytes of the client's.</param>
    /// <param name="isWait">A read of no bytes, which waits for some.</param>
    private int Count(int read, bool isWait)
    {
        Bytes += read;
        if (Bytes > limit)
            throw new BadHttpRequestException($"The request body is larger than {limit} bytes.", StatusCodes.Status413PayloadTooLarge);
        if (!isWait) isComplete = read == 0 || Bytes >= announced;
        exchange.RequestBodyMoved();
        return read;
    }

    /// <summary>Zeros as long as the announced rest, which the connection discards; without a length, the end.</summary>
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

    /// <summary>Belongs to one answer, so that a timer that fires late does not meet the next request.</summary>
    private sealed class GraceTime : IDisposable
    {
        private readonly ITimer timer;

        public GraceTime(CountedRequestBody body, TimeProvider clock) =>
            timer = clock.CreateTimer(_ => body.GraceIsOver(this), null, Grace, Timeout.InfiniteTimeSpan);

        public void Dispose() => timer.Dispose();
    }
}
