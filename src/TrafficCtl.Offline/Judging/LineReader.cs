namespace TrafficCtl.Offline.Judging;

/// <summary>The lines of a stream, one at a time, in a buffer that does not grow.</summary>
internal sealed class LineReader(Stream stream)
{
    /// <summary>Bytes of a line at most, without its end.</summary>
    public const int MostBytes = 1 << 20;

    private const int Chunk = 1 << 18;

    private readonly byte[] buffer = new byte[MostBytes + Chunk];
    private int start;
    private int end;
    private bool isEnded;

    /// <summary>The number of the last line, from 1.</summary>
    public long Number { get; private set; }

    /// <param name="line">Valid until the next call; empty when it was too long.</param>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="IOException">The stream cannot be read on.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line, out bool isTooLong)
    {
        isTooLong = false;
        var searched = start;
        while (true)
        {
            var found = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                isTooLong |= searched + found - start > MostBytes;
                line = isTooLong ? default : buffer.AsSpan(start, searched + found - start);
                start = searched + found + 1;
                Number++;
                return true;
            }

            if (isTooLong || end - start > MostBytes) (isTooLong, start) = (true, end);
            searched = Fill();
            if (!isEnded) continue;
            line = isTooLong ? default : buffer.AsSpan(start, end - start);
            var isLine = isTooLong || !line.IsEmpty;
            start = end;
            if (isLine) Number++;
            return isLine;
        }
    }

    /// <summary>Where the bytes begin that were not there before.</summary>
    private int Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        var before = end;
        var read = stream.Read(buffer, end, Math.Min(Chunk, buffer.Length - end));
        if (read == 0) isEnded = true;
        end += read;
        return before;
    }
}
