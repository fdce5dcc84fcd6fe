using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>The client's body on its way up: counted, limited, and a sign of life for the attempt's deadline.</summary>
internal sealed class CountedRequestBody(Exchange exchange) : PassingStream
{
    private Stream inner = Null;
    private long limit, announced;
    private bool isAsked, isComplete;

    public long Bytes { get; private set; }

    /// <summary>The wait for the client's next part was given up.</summary>
    public bool WaitedInVain { get; private set; }

    /// <summary>The upstream took a part of it, and more is to come.</summary>
    public bool IsUnderWay => isAsked && !isComplete;

    /// <param name="body">The client's.</param>
    /// <param name="bodyLimit">Bytes at most.</param>
    /// <param name="length">As the client announced it; null when it did not.</param>
    public void Begin(Stream body, long bodyLimit, long? length) =>
        (inner, limit, announced, Bytes, WaitedInVain, isAsked, isComplete) = (body, bodyLimit, length ?? long.MaxValue, 0, false, false, false);

    public void Forget() => inner = Null;

    public override bool CanRead => true;

    /// <exception cref="BadHttpRequestException">413: more than the limit came without being announced.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        isAsked = true;
        var reading = inner.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? new ValueTask<int>(Count(reading.Result)) : CountAsync(reading);
    }

    private async ValueTask<int> CountAsync(ValueTask<int> reading)
    {
        exchange.AwaitsClient();
        try
        {
            return Count(await reading);
        }
        catch (OperationCanceledException)
        {
            WaitedInVain = true;
            throw;
        }
    }

    private int Count(int read)
    {
        Bytes += read;
        if (Bytes > limit)
            throw new BadHttpRequestException($"The request body is larger than {limit} bytes.", StatusCodes.Status413PayloadTooLarge);
        isComplete = read == 0 || Bytes >= announced;
        exchange.RequestBodyMoved();
        return read;
    }
}
