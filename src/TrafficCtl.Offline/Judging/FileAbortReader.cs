using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>aborted</c>: one count with its time, or a list of them.</summary>
internal static class FileAbortReader
{
    public static bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Takes('[')) return ReadOne(ref from, window);
        if (from.Takes(']')) return true;
        do
        {
            if (window.Aborted.Count == LatencyLayout.MostEdges)
                return from.Fail($"aborted has more than {LatencyLayout.MostEdges} times, join some");
            if (!ReadOne(ref from, window)) return false;
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    private static bool ReadOne(ref JsonCursor from, FileWindow window)
    {
        if (!from.Takes('{'))
            return from.Fail($"aborted is {from.Found()}, write {{\"count\": requests, \"after\": seconds}} or a list of them");
        var (key, given) = (-1, 0);
        var (count, after) = (0L, 0.0);
        do
        {
            if (!KeySet.Aborted.Read(ref from, ref key, ref given)) return false;
            if (!(key == 0
                ? from.Count("aborted.count"u8, WindowReader.MostRequests, out count)
                : from.Number("aborted.after"u8, out after)))
                return false;
        }
        while (from.Next('}'));
        if (from.Problem is not null) return false;
        if (given != 3) return from.Fail($"aborted.{((given & 1) == 0 ? "count" : "after")} is missing, add it");
        if (after < 0) return from.Fail("aborted.after is negative, write the seconds from dispatch until the client left");
        window.Aborted.Add((count, after));
        return true;
    }
}
