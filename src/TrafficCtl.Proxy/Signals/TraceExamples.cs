using System.Collections.Immutable;
using System.Numerics;
using Microsoft.Extensions.Primitives;

namespace TrafficCtl.Proxy.Signals;

/// <summary>A request whose trace is kept somewhere: an exemplar of its latency.</summary>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="ParentId">The client's span, 16 hexadecimal digits.</param>
/// <param name="Seconds">How long the request took.</param>
/// <param name="At">When it ended.</param>
public sealed record TraceExample(string TraceId, string ParentId, double Seconds, DateTimeOffset At);

/// <summary>The newest sampled request of one arm in each octave of latency, at most one a second.</summary>
internal sealed class TraceExamples(double secondsPerTick)
{
    /// <summary>From less than 1 ms to more than 65 s.</summary>
    private const int Slots = 18;

    private const double FirstSlotSeconds = 0.0005;

    private readonly long everyTicks = (long)(1 / secondsPerTick);
    private readonly long[] dueAt = new long[Slots];
    private readonly TraceExample?[] newest = new TraceExample?[Slots];

    /// <summary>A request ended; nothing is read or allocated more than once a second for each octave.</summary>
    /// <param name="traceParent">Its W3C trace context; without one, or where the trace is not sampled, it is no example.</param>
    /// <param name="elapsed">How long it took, in units of the clock's timestamps.</param>
    /// <param name="endedAt">When it ended, on the same clock.</param>
    /// <param name="clock">Whose timestamps they are; asked for the time of day of an example.</param>
    public void Offer(StringValues traceParent, long elapsed, long endedAt, TimeProvider clock)
    {
        if (traceParent.Count != 1) return;
        var seconds = elapsed * secondsPerTick;
        var slot = BitOperations.Log2((uint)Math.Clamp(seconds / FirstSlotSeconds, 1, 1 << (Slots - 1)));
        var due = Volatile.Read(ref dueAt[slot]);
        if (endedAt < due || Read(traceParent[0]) is not var (trace, parent)) return;
        if (Interlocked.CompareExchange(ref dueAt[slot], endedAt + everyTicks, due) == due)
            Volatile.Write(ref newest[slot], new TraceExample(trace, parent, seconds, clock.GetUtcNow()));
    }

    public ImmutableArray<TraceExample> Newest()
    {
        var found = ImmutableArray.CreateBuilder<TraceExample>();
        foreach (ref var slot in newest.AsSpan())
            if (Volatile.Read(ref slot) is { } example) found.Add(example);
        return found.DrainToImmutable();
    }

    /// <summary>The ids of a sampled trace: <c>00-TRACE-PARENT-01</c>, of lower-case hexadecimal digits and not all zeros.</summary>
    private static (string Trace, string Parent)? Read(string? header)
    {
        if (header is not { Length: >= 55 } || header[2] != '-' || header[35] != '-' || header[52] != '-') return null;
        if (!IsId(header.AsSpan(3, 32)) || !IsId(header.AsSpan(36, 16)) || !char.IsAsciiHexDigitLower(header[54])) return null;
        return (Convert.ToInt32(header[54..55], 16) & 1) == 1 ? (header[3..35], header[36..52]) : null;
    }

    private static bool IsId(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return text.ContainsAnyExcept('0');
    }
}
