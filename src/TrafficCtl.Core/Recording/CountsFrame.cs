using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Recording;

/// <summary>One arm's counts in few bytes: latency in runs, then how the outcomes differ from what the latency tells.</summary>
internal static class CountsFrame
{
    /// <summary>A run goes on over so many empty buckets: a new one costs two bytes.</summary>
    private const int Bridge = 2;

    public static void Write(StateWriter to, Counts counts)
    {
        WriteSparse(to, counts.Times);
        var mask = 0;
        for (var i = 1; i < counts.ByOutcome.Length; i++)
            if (counts.ByOutcome[i] != 0) mask |= 1 << i;
        to.Count(mask);
        for (var i = 1; i < counts.ByOutcome.Length; i++)
            if ((mask & (1 << i)) != 0) to.Count(counts.ByOutcome[i]);
        to.Signed(counts.ByOutcome[(int)Outcome.Success] - Expected(counts));
        to.Signed(counts.CappedFailures - counts.Failures);
    }

    public static void Read(ref FrameReader from, Counts into)
    {
        into.Clear();
        ReadSparse(ref from, into.Latency);
        var mask = from.Index(1 << Outcomes.Count);
        for (var i = 1; i < into.ByOutcome.Length; i++)
            if ((mask & (1 << i)) != 0) into.ByOutcome[i] = from.Count();
        into.ByOutcome[(int)Outcome.Success] = from.Signed() + Expected(into);
        into.CappedFailures = from.Signed() + into.Failures;
        into.CappedClientErrors = into.ClientErrors;
    }

    /// <summary>What was abandoned, beside the counts.</summary>
    public static void WriteWaits(StateWriter to, Counts counts)
    {
        if (counts.Abandoned is { } abandoned) WriteSparse(to, abandoned);
        else to.Count(counts.Layout.Count);
        to.Signed(counts.Late);
        to.Signed(counts.CappedLate);
    }

    public static void ReadWaits(ref FrameReader from, Counts into)
    {
        ReadSparse(ref from, into.Abandon());
        (into.Late, into.CappedLate) = (from.Signed(), from.Signed());
    }

    /// <summary>Client errors beside the counts, whose outcomes have all of them.</summary>
    public static void WriteClientErrors(StateWriter to, Counts counts)
    {
        to.Count(counts.TellsClientErrors ? 1 : 0);
        to.Signed(counts.CappedClientErrors - counts.ClientErrors);
        to.Signed(counts.ClientErrorExcess);
        if (counts.ByStatus is { } statuses) WriteSparse(to, statuses);
        else to.Count(ClientStatuses.Count);
    }

    public static void ReadClientErrors(ref FrameReader from, Counts into)
    {
        into.TellsClientErrors = from.Index(2) == 1;
        into.CappedClientErrors = from.Signed() + into.ClientErrors;
        into.ClientErrorExcess = from.Signed();
        ReadSparse(ref from, into.Statuses());
    }

    public static void WriteSizes(StateWriter to, Counts counts)
    {
        if (counts.Sizes is { } sizes) WriteSparse(to, sizes);
        else to.Count(SizeBuckets.Count);
    }

    /// <summary>Counts by route group, one number after the other.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="counts">Where they are of other groups, or of none, they are set to zero.</param>
    /// <param name="groups">The rest included.</param>
    public static void WritePaths(StateWriter to, Counts counts, int groups)
    {
        if (counts.Paths is { } paths && paths.Groups == groups) WriteSparse(to, paths.Values);
        else to.Count(groups * PathCounts.Fields);
    }

    public static void ReadPaths(ref FrameReader from, Counts into, int groups) => ReadSparse(ref from, into.ByPath(groups).Room);

    public static void ReadSizes(ref FrameReader from, Counts into) => ReadSparse(ref from, into.Measure());

    /// <summary>Successes, when every request with a latency is in the histogram.</summary>
    private static long Expected(Counts counts)
    {
        long sum = 0;
        foreach (var count in counts.Times) sum += count;
        for (var i = 1; i < counts.ByOutcome.Length; i++)
            if (((Outcome)i).HasLatency()) sum -= counts.ByOutcome[i];
        return sum;
    }

    /// <summary>(empty buckets, length of a run, its counts) until the end is reached.</summary>
    private static void WriteSparse(StateWriter to, ReadOnlySpan<long> counts)
    {
        while (!counts.IsEmpty)
        {
            var zeros = counts.IndexOfAnyExcept(0);
            if (zeros < 0) zeros = counts.Length;
            to.Count(zeros);
            counts = counts[zeros..];
            if (counts.IsEmpty) return;
            var run = RunOf(counts);
            to.Count(run);
            foreach (var count in counts[..run]) to.Count(count);
            counts = counts[run..];
        }
    }

    private static int RunOf(ReadOnlySpan<long> counts)
    {
        var run = 0;
        while (true)
        {
            var values = counts[run..].IndexOf(0);
            run = values < 0 ? counts.Length : run + values;
            var zeros = counts[run..].IndexOfAnyExcept(0);
            if (zeros is < 0 or > Bridge) return run;
            run += zeros;
        }
    }

    private static void ReadSparse(ref FrameReader from, Span<long> counts)
    {
        for (var at = 0; at < counts.Length && !from.Failed;)
        {
            at += from.Index(counts.Length - at + 1);
            if (at == counts.Length) return;
            var run = from.Index(counts.Length - at + 1);
            for (var end = at + run; at < end && !from.Failed; at++) counts[at] = from.Count();
        }
    }
}
