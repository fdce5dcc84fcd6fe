using System.IO.Compression;
using Grpc.Net.Compression;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>Compressed messages as the server of gRPC takes them, but that bytes which are no archive are a wrong argument.</summary>
/// <remarks>To the server's own they are a fault inside, with a trace in the log. The limit of messages holds for what comes out.</remarks>
internal sealed class CheckedCompression(
    string name, Func<Stream, Stream> decompress, Func<Stream, CompressionLevel, Stream> compress) : ICompressionProvider
{
    public static readonly CheckedCompression Gzip = new(
        "gzip", static stream => new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true),
        static (stream, level) => new GZipStream(stream, level, leaveOpen: true));

    public static readonly CheckedCompression Deflate = new(
        "deflate", static stream => new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true),
        static (stream, level) => new ZLibStream(stream, level, leaveOpen: true));

    public string EncodingName => name;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        compress(stream, compressionLevel ?? CompressionLevel.Fastest);

    public Stream CreateDecompressionStream(Stream stream) => new Checked(decompress(stream), name);

    private sealed class Checked(Stream inner, string name) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return inner.Read(buffer);
            }
            catch (InvalidDataException fault)
            {
                throw RpcRefusals.Of(Refusal.BadRequest($"the message is not compressed by {name}: {fault.Message}"));
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
