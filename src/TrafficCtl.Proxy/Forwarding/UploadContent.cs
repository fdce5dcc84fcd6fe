using System.Net;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The forwarder's content, sent so that it can be ended when the upstream has answered already.</summary>
/// <remarks>
/// On HTTP/1.1 the connection notices such an answer (<see cref="UpstreamStream"/>). On HTTP/2 the client library hands it out while the
/// body is sent, and the copying is stopped when the answer is complete.
/// </remarks>
internal sealed class UploadContent : HttpContent
{
    private readonly HttpContent inner;
    private readonly CountedRequestBody body;

    /// <param name="inner">The forwarder's, with the headers of the content.</param>
    /// <param name="body">What it copies.</param>
    public UploadContent(HttpContent inner, CountedRequestBody body)
    {
        (this.inner, this.body) = (inner, body);
        foreach (var (name, values) in inner.Headers.NonValidated)
        {
            if (values.Count == 1) Headers.TryAddWithoutValidation(name, values.ToString());
            else Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var upload = new UploadStream(stream, body);
        // The forwarder sends the head before it waits for the body, too. Here it tells whether this is HTTP/1.1.
        await upload.FlushAsync(cancellationToken);
        if (body.IsOnHttp1)
        {
            await inner.CopyToAsync(upload, context, cancellationToken);
            return;
        }

        using var copying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        body.CopiedUntil(copying);
        try
        {
            await inner.CopyToAsync(upload, context, copying.Token);
        }
        finally
        {
            body.CopiedUntil(null);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    /// <summary>Tells the connection whose bytes it is given.</summary>
    private sealed class UploadStream(Stream to, CountedRequestBody body) : PassingStream
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            body.IsOnHttp1 || buffer.IsEmpty
                ? to.WriteAsync(buffer, cancellationToken)
                : UpstreamStream.SendAsync(body, to, buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            body.IsOnHttp1 ? to.FlushAsync(cancellationToken) : UpstreamStream.SendAsync(body, to, default, cancellationToken).AsTask();
    }
}
