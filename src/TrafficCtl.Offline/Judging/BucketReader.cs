namespace TrafficCtl.Offline.Judging;

/// <summary>Reads the counts of a histogram's buckets.</summary>
internal static class BucketReader
{
    public static bool Read(ref JsonCursor from, Buckets to, ReadOnlySpan<byte> key)
    {
        if (!from.Needs('[')) return false;
        to.Clear();
        if (from.Takes(']')) return true;
        long sum = 0;
        var (room, length) = (to.Room, 0);
        do
        {
            if (length == room.Length) return from.Fail($"{JsonCursor.Words(key)} has more than {room.Length}, write fewer buckets");
            if (!from.Count(key, WindowReader.MostRequests, out var count)) return false;
            room[length++] = count;
            sum += count;
        }
        while (from.Next(']'));
        (to.Length, to.Sum) = (length, sum);
        return from.Problem is null
            && (sum <= WindowReader.MostRequests
                || from.Fail($"{JsonCursor.Words(key)} sum to {sum}, no window has more than {WindowReader.MostRequests} requests"));
    }
}
