using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>latency</c>: the bounds of the buckets, the requests in them, and those that were abandoned.</summary>
internal sealed class FileLatencyReader
{
    private readonly LayoutCache layouts = new();

    public bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        var layout = LatencyLayout.Proxy;
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Latency.Read(ref from, ref key, ref given)) return false;
                var isRead = key switch
                {
                    0 => layouts.Read(ref from, out layout),
                    1 => BucketReader.Read(ref from, window.Latency, "latency.counts"u8),
                    _ => from.TakesNull() || BucketReader.Read(ref from, window.Abandoned, "latency.abandoned"u8),
                };
                if (!isRead) return false;
            }
            while (from.Next('}'));
        }

        if (from.Problem is not null) return false;
        if ((given & 3) != 3) return from.Fail($"latency.{((given & 1) == 0 ? "bounds" : "counts")} is missing, add it");
        window.Layout = layout;
        return IsWhole(ref from, window.Latency, "counts", layout)
            && (window.Abandoned.Length == 0 || IsWhole(ref from, window.Abandoned, "abandoned", layout));
    }

    private static bool IsWhole(ref JsonCursor from, Buckets buckets, string key, LatencyLayout layout) =>
        buckets.Length == layout.Count
        || from.Fail(
            $"latency.{key} has {buckets.Length} for {layout.Overflow} bounds, write {layout.Count}: one for each bound and one for what "
                + "is above all");
}
