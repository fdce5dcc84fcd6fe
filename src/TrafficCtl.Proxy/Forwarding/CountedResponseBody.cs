using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>
/// Counts the response body as it is sent to the client. Time spent on a slow client is not counted as waiting for the version.
/// </summary>
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
        // Before the write: a client that has read the bytes may leave at once, and its wait begins here.
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
            // Also when the client left during the write: it was not waiting for the version.
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
