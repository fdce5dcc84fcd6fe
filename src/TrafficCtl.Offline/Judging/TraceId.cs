namespace TrafficCtl.Offline.Judging;

/// <summary>Finds which trace a line is of that cannot be read as a whole: NaN and the like are no JSON.</summary>
internal static class TraceId
{
    public static bool TryFind(ReadOnlySpan<byte> line, out byte[] id)
    {
        id = [];
        var at = line.IndexOf("\"trace\""u8);
        if (at < 0) return false;
        var rest = line[(at + "\"trace\"".Length)..].TrimStart(" \t"u8);
        if (!rest.StartsWith(":"u8)) return false;
        var from = new JsonCursor(rest[1..]);
        if (!from.Text("trace"u8, out var found)) return false;
        id = found.ToArray();
        return true;
    }
}
