using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>A response body of unknown length on its way down, counted.</summary>
internal sealed class CountedResponseBody : PassingStream, IHttpResponseBodyFeature
{
    private IHttpResponseBodyFeature? inner;

    public long Bytes { get; private set; }

    public void Begin(IHttpResponseBodyFeature body) => (inner, Bytes) = (body, 0);

    public void Forget() => inner = null;

    public override bool CanWrite => true;

    public Stream Stream => this;

    /// <summary>Not counted: the forwarder writes to the stream.</summary>
    public PipeWriter Writer => Inner.Writer;

    private IHttpResponseBodyFeature Inner => inner ?? throw new ObjectDisposedException(nameof(CountedResponseBody));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Bytes += buffer.Length;
        return Inner.Stream.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.Stream.FlushAsync(cancellationToken);

    public void DisableBuffering() => Inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The forwarder sends no files.");

    public Task CompleteAsync() => Inner.CompleteAsync();
}
