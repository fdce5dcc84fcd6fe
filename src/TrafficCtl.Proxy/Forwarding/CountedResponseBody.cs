using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>A response body on its way down, counted; while the client is slow to read, nobody waits for the version.</summary>
internal sealed class CountedResponseBody(Exchange exchange) : PassingStream, IHttpResponseBodyFeature
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
        // Before the write: whoever has read the bytes may leave at once, and waited since then.
        exchange.AnswerMoved();
        var writing = Inner.Stream.WriteAsync(buffer, cancellationToken);
        return writing.IsCompletedSuccessfully ? writing : AwaitClientAsync(writing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitClientAsync(ValueTask writing)
    {
        try
        {
            await writing;
        }
        finally
        {
            // Also of a client that left meanwhile: it was not the version that it waited for.
            exchange.AnswerMoved();
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.Stream.FlushAsync(cancellationToken);

    public void DisableBuffering() => Inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The forwarder sends no files.");

    public Task CompleteAsync() => Inner.CompleteAsync();
}
