namespace TrafficCtl.Cli.Asking;

/// <summary>What a server begins a connection with.</summary>
internal enum Greeting
{
    /// <summary>There is no connection.</summary>
    NotConnected,

    /// <summary>It has sent nothing yet.</summary>
    Nothing,

    Http2,

    /// <summary>Another protocol.</summary>
    Other,
}

/// <summary>A connection whose first bytes are looked at: HTTP/2 begins with a frame of settings, and nothing else does.</summary>
/// <param name="inner">The connection.</param>
/// <param name="tell">Is told what it begins with.</param>
internal sealed class GreetedStream(Stream inner, Action<Greeting> tell) : Stream
{
    private const int TypeAt = 3;
    private const byte Settings = 4;

    private bool isHeard;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (!isHeard && read > 0)
        {
            isHeard = true;
            // No text has these bytes, and settings are short.
            tell(buffer.Span[0] == 0 && (read <= TypeAt || buffer.Span[TypeAt] == Settings) ? Greeting.Http2 : Greeting.Other);
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
