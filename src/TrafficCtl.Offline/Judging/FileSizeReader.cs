using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>bytes</c>: the median of the window's bodies, which counts as one of them; or a histogram of all.</summary>
internal sealed class FileSizeReader
{
    private const long MostBytes = 1L << 50;

    private readonly Buckets counts = new();
    private readonly List<double> bounds = [];

    public bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Takes('{'))
        {
            if (!from.Count("bytes"u8, MostBytes, out var median)) return false;
            window.Sizes[SizeBuckets.IndexOf(median)] = 1;
            return true;
        }

        var (key, given) = (-1, 0);
        bounds.Clear();
        counts.Clear();
        do
        {
            if (!KeySet.Bytes.Read(ref from, ref key, ref given)) return false;
            if (!(key == 0 ? ReadBounds(ref from) : BucketReader.Read(ref from, counts, "bytes.counts"u8))) return false;
        }
        while (from.Next('}'));
        if (from.Problem is not null) return false;
        if (given != 3) return from.Fail($"bytes.{((given & 1) == 0 ? "bounds" : "counts")} is missing, add it");
        if (counts.Length != bounds.Count + 1)
        {
            return from.Fail(
                $"bytes.counts has {counts.Length} for {bounds.Count} bounds, write {bounds.Count + 1}: one for each bound and one for "
                    + "what is above all");
        }

        for (var i = 0; i < counts.Length; i++)
        {
            // What lies above all bounds is taken as half as much again as the last one.
            var bytes = i < bounds.Count ? bounds[i] : bounds[^1] * 1.5;
            window.Sizes[SizeBuckets.IndexOf((long)Math.Min(bytes, MostBytes))] += counts.Counts[i];
        }

        return true;
    }

    private bool ReadBounds(ref JsonCursor from)
    {
        if (!from.Needs('[')) return false;
        do
        {
            if (bounds.Count == LatencyLayout.MostEdges)
                return from.Fail($"bytes.bounds has more than {LatencyLayout.MostEdges}, write fewer");
            if (!from.Number("bytes.bounds"u8, out var bound)) return false;
            if (bound < 0 || (bounds.Count > 0 && bound <= bounds[^1]))
                return from.Fail("bytes.bounds do not rise from 0, write upper edges in bytes");
            bounds.Add(bound);
        }
        while (from.Next(']'));
        return from.Problem is null;
    }
}
