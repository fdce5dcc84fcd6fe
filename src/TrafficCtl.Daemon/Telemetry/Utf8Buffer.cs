using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>UTF-8 text that grows, in pieces of the shared pool: nothing is copied when it does. Not for two threads at once.</summary>
internal sealed class Utf8Buffer : Stream
{
    /// <summary>Each piece is twice as large as the one before.</summary>
    private const int Smallest = 1024, Largest = 1024 * 1024, MostOfNumber = 32;

    private readonly List<ReadOnlyMemory<byte>> full = [];
    private byte[] bytes = ArrayPool<byte>.Shared.Rent(Smallest);
    private int length;

    public IEnumerable<ReadOnlyMemory<byte>> Pieces => full.Append(bytes.AsMemory(0, length));

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Pieces.Sum(static piece => (long)piece.Length);

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        foreach (var piece in full) Return(piece);
        full.Clear();
        length = 0;
    }

    public void Append(Utf8Buffer other)
    {
        foreach (var piece in other.full) Write(piece.Span);
        Write(other.bytes.AsSpan(0, other.length));
    }

    public void Append(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        length += Encoding.UTF8.GetBytes(text, bytes.AsSpan(length));
    }

    /// <summary>As the text format writes a number, with all of its digits.</summary>
    public void Append(double number)
    {
        if (double.IsInfinity(number))
        {
            Write(number > 0 ? "+Inf"u8 : "-Inf"u8);
            return;
        }

        Reserve(MostOfNumber);
        if (!number.TryFormat(bytes.AsSpan(length), out var written, "R", CultureInfo.InvariantCulture))
            throw new System.Diagnostics.UnreachableException("a double has at most 24 characters");
        length += written;
    }

    public override void Write(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(bytes.AsSpan(length));
        length += text.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
        // All is in memory.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Clear();
        if (Interlocked.Exchange(ref bytes, []) is { Length: > 0 } rented) ArrayPool<byte>.Shared.Return(rented);
        base.Dispose(disposing);
    }

    /// <summary>Makes room for so many bytes in one piece.</summary>
    private void Reserve(int more)
    {
        if (more <= bytes.Length - length) return;
        full.Add(bytes.AsMemory(0, length));
        bytes = ArrayPool<byte>.Shared.Rent(Math.Max(more, Math.Min(2 * bytes.Length, Largest)));
        length = 0;
    }

    private static void Return(ReadOnlyMemory<byte> piece)
    {
        if (MemoryMarshal.TryGetArray(piece, out var rented)) ArrayPool<byte>.Shared.Return(rented.Array!);
    }
}
