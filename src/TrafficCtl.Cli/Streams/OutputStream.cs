using System.Runtime.InteropServices;

namespace TrafficCtl.Cli.Streams;

/// <summary>Standard output could not be written: the disk is full, or it is closed.</summary>
internal sealed class OutputFailedException(string why, Exception? inner = null) : IOException(why, inner);

/// <summary>Standard output that knows whether somebody still reads it.</summary>
/// <remarks>The console's own stream drops what nobody reads and says nothing.</remarks>
internal sealed class OutputStream(Stream to, int descriptor) : Stream
{
    private const short PollError = 0x8;

    private static readonly CancellationTokenSource GoneSource = new();

    /// <summary>Cancelled when the reader has gone.</summary>
    public static CancellationToken Gone => GoneSource.Token;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            to.Write(buffer);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OutputFailedException((fault.InnerException ?? fault).Message, fault);
        }

        if (!Gone.IsCancellationRequested && HasNoReader()) _ = GoneSource.CancelAsync();
    }

    public override void Flush() => to.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>A pipe whose other end is closed is in error; nothing else is.</summary>
    private bool HasNoReader()
    {
        if (OperatingSystem.IsWindows()) return false;
        var asked = new PollEntry { Descriptor = descriptor };
        return Poll(ref asked, 1, 0) > 0 && (asked.Found & PollError) != 0;
    }

    [DllImport("libc", EntryPoint = "poll", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollEntry entry, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }
}

/// <summary>A stream that was closed before the process began.</summary>
internal sealed class ClosedStream(string why) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new IOException(why);

    public override void Write(byte[] buffer, int offset, int count) => throw new IOException(why);

    public override void Flush()
    {
        // Nothing is ever held back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
