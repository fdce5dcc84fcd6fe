namespace TrafficCtl.Offline.Judging;

/// <summary>Reads <c>placebo</c>: groups of stable's instances that are measured apart.</summary>
internal static class FilePlaceboReader
{
    public static bool Read(ref JsonCursor from, FileWindow window)
    {
        if (!from.Takes('[')) return ReadOne(ref from, window);
        if (from.Takes(']')) return true;
        do
        {
            if (window.PlaceboCount == window.Placebos.Length)
                return from.Fail($"placebo has more than {window.Placebos.Length} groups, leave the others out");
            if (!ReadOne(ref from, window)) return false;
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    private static bool ReadOne(ref JsonCursor from, FileWindow window)
    {
        var placebo = window.Placebos[window.PlaceboCount++];
        placebo.Latency.Clear();
        placebo.Abandoned.Clear();
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        var (requests, errors, late) = (0L, 0L, 0L);
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Placebo.Read(ref from, ref key, ref given)) return false;
                var isRead = key switch
                {
                    0 => from.Count("placebo.requests"u8, WindowReader.MostRequests, out requests),
                    1 => from.Count("placebo.errors"u8, WindowReader.MostRequests, out errors),
                    2 => from.TakesNull() || ReadLatency(ref from, placebo),
                    _ => from.TakesNull() || from.Count("placebo.late"u8, WindowReader.MostRequests, out late),
                };
                if (!isRead) return false;
            }
            while (from.Next('}'));
        }

        (placebo.Requests, placebo.Errors, placebo.Late) = (requests, errors, late);
        return from.Problem is null
            && ((given & 3) == 3 || from.Fail($"placebo.{((given & 1) == 0 ? "requests" : "errors")} is missing, add it"));
    }

    private static bool ReadLatency(ref JsonCursor from, Placebo to)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        do
        {
            if (!KeySet.PlaceboLatency.Read(ref from, ref key, ref given)) return false;
            var isRead = key == 0
                ? BucketReader.Read(ref from, to.Latency, "placebo latency.counts"u8)
                : from.TakesNull() || BucketReader.Read(ref from, to.Abandoned, "placebo latency.abandoned"u8);
            if (!isRead) return false;
        }
        while (from.Next('}'));
        return from.Problem is null && ((given & 1) == 1 || from.Fail("placebo latency.counts is missing, add it"));
    }
}
