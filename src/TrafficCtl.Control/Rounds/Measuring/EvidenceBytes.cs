using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>
/// The checkpoint of one rollout: judge, baseline, the present step's counts, and where the counters stood; or only what came since one.
/// </summary>
internal sealed class EvidenceBytes
{
    private const byte Layout = 3;

    /// <summary>The same without the elapsed time, which it was not measured by.</summary>
    private const byte LayoutWithoutElapsed = 2;

    /// <summary>The layout of what came since a whole checkpoint.</summary>
    private const byte LayoutOfDelta = 4;

    private const int Numbers = 14;

    /// <summary>Where the ticks in the judge's evidence are among the numbers.</summary>
    public const int TicksAt = 1;

    /// <summary>No rollout takes ten years: more is damage.</summary>
    private const int MostDays = 3650;

    private readonly ArrayBufferWriter<byte> part = new(16 * 1024);

    /// <param name="Judge">Null when it could not be restored, or when there was none.</param>
    /// <param name="SavedAt">The end of the last tick that it holds.</param>
    /// <param name="HadJudge">There was evidence, so a null <paramref name="Judge"/> is a loss.</param>
    internal sealed record Restored(Judge? Judge, bool HadJudge, DateTimeOffset SavedAt, long Ticks);

    /// <param name="seen">What is saved.</param>
    /// <param name="now">The instant; its elapsed time is saved too.</param>
    /// <param name="to">Appended to.</param>
    public void Save(Observation seen, Moment now, IBufferWriter<byte> to)
    {
        var evidence = seen.Evidence;
        to.Write([Layout]);
        WriteNumbers(seen, now, to);
        WriteEdges(to, evidence.Layout);
        Write(to, seen.Life.Source);
        Write(to, evidence.BaselineOf);
        Write(to, evidence.Cohort);
        part.ResetWrittenCount();
        evidence.Judge?.Save(part);
        Write(to, part.WrittenSpan);
        part.ResetWrittenCount();
        evidence.Baseline.Save(part);
        Write(to, part.WrittenSpan);
    }

    /// <summary>Writes what came since a whole checkpoint, beside the ticks that are recorded.</summary>
    /// <param name="seen">What is saved.</param>
    /// <param name="now">The instant; its elapsed time is saved too.</param>
    /// <param name="whole">The checkpoint.</param>
    /// <param name="to">Appended to.</param>
    public void SaveDelta(Observation seen, Moment now, SavedWhole whole, IBufferWriter<byte> to)
    {
        part.ResetWrittenCount();
        WriteNumbers(seen, now, part);
        foreach (var number in (ReadOnlySpan<long>)[whole.Seal, whole.First, whole.Ticks]) Write(part, number);
        Write(part, seen.Life.Source);
        to.Write([LayoutOfDelta]);
        Write(to, SealOf(part.WrittenSpan));
        to.Write(part.WrittenSpan);
    }

    /// <summary>What tells one checkpoint from another, and damage.</summary>
    public static uint SealOf(ReadOnlySpan<byte> saved) => Murmur3.Hash(saved);

    /// <summary>Ticks in the evidence of a whole checkpoint; −1 of none.</summary>
    public static long TicksOf(ReadOnlySpan<byte> saved)
    {
        const int At = 1 + sizeof(long) + (TicksAt * sizeof(long));
        return saved.Length > At + sizeof(long) && saved[0] == Layout ? BinaryPrimitives.ReadInt64LittleEndian(saved[At..]) : -1;
    }

    /// <summary>Null when it is empty, damaged, or of another checkpoint than this one.</summary>
    public static EvidenceDelta? FindDelta(ReadOnlySpan<byte> delta, ReadOnlySpan<byte> whole)
    {
        const int Head = 1 + sizeof(long);
        if (delta.Length <= Head || delta[0] != LayoutOfDelta) return null;
        var from = delta[Head..];
        if (BinaryPrimitives.ReadInt64LittleEndian(delta[1..]) != SealOf(from)) return null;
        try
        {
            var elapsed = ReadLong(ref from);
            var numbers = new long[Numbers];
            foreach (ref var number in numbers.AsSpan()) number = ReadLong(ref from);
            var (seal, first, before) = (ReadLong(ref from), ReadLong(ref from), ReadLong(ref from));
            var source = ReadText(ref from);
            var isOfWhole = seal == SealOf(whole) && before == TicksOf(whole) && before <= numbers[TicksAt];
            return isOfWhole && IsElapsed(elapsed) ? new EvidenceDelta(numbers, source, new TimeSpan(elapsed), first, before) : null;
        }
        catch (Exception damage) when (damage is ArgumentException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The counters stood so at a checkpoint whose judge has been taken over its ticks.</summary>
    public static Restored Advance(Restored restored, EvidenceDelta delta, Observation into)
    {
        into.Evidence.Advance(delta.Ticks);
        return Put(delta.Numbers, delta.Source, restored.Judge, restored.HadJudge, into);
    }

    /// <summary>
    /// The rollout's elapsed time at a checkpoint, also where the evidence in it cannot be used; null when it does not tell.
    /// </summary>
    public static TimeSpan? ElapsedOf(ReadOnlySpan<byte> saved)
    {
        if (saved.Length <= sizeof(long) || saved[0] != Layout) return null;
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(saved[1..]);
        return IsElapsed(ticks) ? new TimeSpan(ticks) : null;
    }

    private static bool IsElapsed(long ticks) => ticks is >= 0 and < TimeSpan.TicksPerDay * MostDays;

    /// <summary>Puts a checkpoint back; null when it is empty, damaged or of another layout: then evidence starts anew.</summary>
    public static Restored? Restore(ReadOnlySpan<byte> saved, Analysis analysis, Observation into)
    {
        try
        {
            return Read(saved, analysis, into);
        }
        catch (Exception damage) when (damage is ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private static Restored? Read(ReadOnlySpan<byte> from, Analysis analysis, Observation into)
    {
        if (from.IsEmpty || from[0] is not (Layout or LayoutWithoutElapsed)) return null;
        from = from[0] == Layout ? from[(1 + sizeof(long))..] : from[1..];
        Span<long> numbers = stackalloc long[Numbers];
        foreach (ref var number in numbers) number = ReadLong(ref from);
        var layout = ReadEdges(ref from);
        var source = ReadText(ref from);
        var baselineOf = ReadText(ref from);
        var cohort = ReadText(ref from);
        var judgeBytes = ReadPart(ref from);
        var judge = judgeBytes.IsEmpty ? null : Judge.Restore(judgeBytes, analysis, layout);
        var baseline = Baseline.Restore(ReadPart(ref from), layout);
        into.Turn(layout);
        if (baseline is not null) into.Evidence.RestorePast(baseline, baselineOf);
        into.Evidence.Restore(judge, cohort, analysis, numbers[TicksAt]);
        return Put(numbers, source, judge, !judgeBytes.IsEmpty, into);
    }

    private static Restored Put(ReadOnlySpan<long> n, string? source, Judge? judge, bool hadJudge, Observation into)
    {
        into.Step.Restore((int)n[2], n[3], n[4]);
        into.Resume(new Resumed(
            source, n[5], (new(n[6], n[7]), new(n[10], n[11])), (new(n[8], n[9]), new(n[12], n[13]))));
        return new Restored(judge, hadJudge, new DateTimeOffset(n[0], TimeSpan.Zero), n[TicksAt]);
    }

    /// <summary>The elapsed time, the end of the last tick, and all that was counted.</summary>
    private static void WriteNumbers(Observation seen, Moment now, IBufferWriter<byte> to)
    {
        var (totals, step) = (seen.Totals, seen.Step);
        ReadOnlySpan<long> numbers =
        [
            now.Elapsed.Ticks,
            (seen.Tick.Start ?? seen.Life.ReadAt ?? now.At).UtcTicks, seen.Evidence.Ticks, step.Step, step.Requests, step.Users, step.At,
            totals.Stable.Requests, totals.Stable.Failures, totals.Candidate.Requests, totals.Candidate.Failures,
            totals.StableCarried.Requests + totals.Stable.Requests, totals.StableCarried.Failures + totals.Stable.Failures,
            totals.CandidateCarried.Requests + totals.Candidate.Requests, totals.CandidateCarried.Failures + totals.Candidate.Failures,
        ];
        foreach (var number in numbers) Write(to, number);
    }

    /// <summary>None for the proxy's own.</summary>
    private static void WriteEdges(IBufferWriter<byte> to, LatencyLayout layout)
    {
        var edges = layout.Matches(LatencyLayout.Proxy) ? [] : layout.Edges;
        Write(to, edges.Length);
        foreach (var edge in edges) Write(to, BitConverter.DoubleToInt64Bits(edge));
    }

    private static LatencyLayout ReadEdges(ref ReadOnlySpan<byte> from)
    {
        var count = ReadLong(ref from);
        if (count == 0) return LatencyLayout.Proxy;
        if (count is < 0 or > LatencyLayout.MostEdges) throw new ArgumentException($"{count} bucket bounds", nameof(from));
        var edges = new double[count];
        foreach (ref var edge in edges.AsSpan()) edge = BitConverter.Int64BitsToDouble(ReadLong(ref from));
        return LatencyLayout.None.Edges.SequenceEqual(edges) ? LatencyLayout.None : LatencyLayout.Of(edges);
    }

    private static void Write(IBufferWriter<byte> to, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to.GetSpan(sizeof(long)), number);
        to.Advance(sizeof(long));
    }

    private static void Write(IBufferWriter<byte> to, ReadOnlySpan<byte> part)
    {
        Write(to, part.Length);
        to.Write(part);
    }

    private static void Write(IBufferWriter<byte> to, string? text)
    {
        if (text is null) Write(to, -1L);
        else Write(to, Encoding.UTF8.GetBytes(text));
    }

    private static long ReadLong(ref ReadOnlySpan<byte> from)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(from);
        from = from[sizeof(long)..];
        return number;
    }

    private static ReadOnlySpan<byte> ReadPart(ref ReadOnlySpan<byte> from)
    {
        var length = ReadLong(ref from);
        var here = from[..checked((int)length)];
        from = from[here.Length..];
        return here;
    }

    private static string? ReadText(ref ReadOnlySpan<byte> from)
    {
        if (from.Length >= sizeof(long) && BinaryPrimitives.ReadInt64LittleEndian(from) == -1)
        {
            from = from[sizeof(long)..];
            return null;
        }

        return Encoding.UTF8.GetString(ReadPart(ref from));
    }
}
