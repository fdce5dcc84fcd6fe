using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>The client's body on its way up: counted, limited, and a sign of life for the attempt's deadline.</summary>
internal sealed class CountedRequestBody(Exchange exchange) : PassingStream
{
    private Stream inner = Null;
    private long limit;

    public long Bytes { get; private set; }

    /// <summary>The wait for the client's next part was given up.</summary>
    public bool WaitedInVain { get; private set; }

    public void Begin(Stream body, long bodyLimit) => (inner, limit, Bytes, WaitedInVain) = (body, bodyLimit, 0, false);

    public void Forget() => inner = Null;

    public override bool CanRead => true;

    /// <exception cref="BadHttpRequestException">413: more than the limit came without being announced.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
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
        exchange.RequestBodyMoved();
        return read;
    }
}
