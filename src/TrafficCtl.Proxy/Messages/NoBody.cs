using System.Net;

namespace TrafficCtl.Proxy.Messages;

/// <summary>No bytes, as a body that was sent.</summary>
/// <remarks>
/// The client library sends a request without a body again, up to three times, when its connection ends before an answer: also one that
/// the upstream has already acted on. With a body it does not, so a POST without one is given this. Idempotent methods (RFC 9110 9.2.2)
/// may be sent again.
/// </remarks>
internal sealed class NoBody : HttpContent
{
    /// <summary>Whether to send it twice could do harm.</summary>
    public static bool IsNeededFor(HttpMethod method) =>
        method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Options
        && method != HttpMethod.Put && method != HttpMethod.Delete;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
