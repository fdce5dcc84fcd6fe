namespace TrafficCtl.Proxy.Messages;

/// <summary>The beginning of what an HTTP/1.1 upstream answers.</summary>
internal static class AnswerHead
{
    private const int NoAnswer = -1;
    private const int SwitchingProtocols = 101;
    private static ReadOnlySpan<byte> Version => "HTTP/1."u8;

    /// <summary>Finds the status line of the final answer, behind interim ones (RFC 9110 15.2).</summary>
    /// <param name="bytes">All that came, from the first byte on.</param>
    /// <param name="status">The final status; 0 while there is none.</param>
    /// <returns>
    /// The length up to the end of that line; 0 when more has to come; -1 for what is no answer, or a change of the protocol.
    /// </returns>
    public static int EndOfStatusLine(ReadOnlySpan<byte> bytes, out int status)
    {
        status = 0;
        var at = 0;
        while (true)
        {
            var rest = bytes[at..];
            var line = rest.IndexOf((byte)'\n') + 1;
            if (line == 0) return Version.StartsWith(rest[..Math.Min(rest.Length, Version.Length)]) ? 0 : NoAnswer;
            if (StatusOf(rest[..line]) is not (>= 100 and not SwitchingProtocols and var found)) return NoAnswer;
            if (found >= 200)
            {
                status = found;
                return at + line;
            }

            var head = LengthOfHead(rest);
            if (head == 0) return 0;
            at += head;
        }
    }

    /// <summary>Up to the empty line; 0 when it has not come.</summary>
    private static int LengthOfHead(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; ;)
        {
            var line = bytes[at..].IndexOf((byte)'\n');
            if (line < 0) return 0;
            at += line + 1;
            if (line == 0 || (line == 1 && bytes[at - 2] == '\r')) return at;
        }
    }

    /// <summary>-1 when the line is no status line.</summary>
    private static int StatusOf(ReadOnlySpan<byte> line)
    {
        const int codeAt = 9, codeLength = 3;
        if (line.Length <= codeAt + codeLength || !line.StartsWith(Version) || line[codeAt - 1] != ' ') return NoAnswer;
        var status = 0;
        foreach (var digit in line.Slice(codeAt, codeLength))
        {
            if (!char.IsAsciiDigit((char)digit)) return NoAnswer;
            status = (10 * status) + digit - '0';
        }

        return status;
    }
}
