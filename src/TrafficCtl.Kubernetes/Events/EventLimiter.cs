using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>What is to be done with one more event.</summary>
/// <param name="Series">The event that it is one more of; null for one of its own.</param>
/// <param name="Count">How many there are with it.</param>
/// <param name="IsCombined">It stands for others of its reason from now on.</param>
internal readonly record struct Admission(bool IsDropped, string? Series, int Count, bool IsCombined);

/// <summary>Keeps the events of an object to what a person reads and an API server takes.</summary>
/// <remarks>
/// The bounds of client-go: 25 at once and one more each 5 minutes for an object; the same event within 10 minutes counts up
/// the one before; after 10 that differ only in their note within 10 minutes, the rest are one.
/// </remarks>
internal sealed class EventLimiter
{
    public const int Burst = 25, Similar = 10, MostRemembered = 4_096;
    public static readonly TimeSpan Refill = TimeSpan.FromMinutes(5), Window = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(KubeOrigin, string, string, bool, string?), Series> series = [];
    private readonly Dictionary<(KubeOrigin, string, bool), Kinds> kinds = [];
    private readonly Dictionary<KubeOrigin, Bucket> buckets = [];

    /// <param name="told">One more.</param>
    /// <param name="now">By a monotonic clock; its origin means nothing.</param>
    public Admission Admit(ObjectEvent told, TimeSpan now)
    {
        if (series.Count + kinds.Count + buckets.Count > MostRemembered) Forget(now);
        var kind = Of(kinds, (told.About, told.Reason, told.IsWarning), () => new Kinds());
        if (!(now - kind.Since <= Window)) (kind.Since, kind.Notes) = (now, []);
        if (kind.Notes.Count < Similar) kind.Notes.Add(told.Note);
        var isCombined = !kind.Notes.Contains(told.Note);

        if (series.TryGetValue(Key(told, isCombined), out var same) && now - same.Last <= Window)
        {
            (same.Count, same.Last) = (same.Count + 1, now);
            return new(!Take(told.About, now), same.Name, same.Count, isCombined);
        }

        return new(!Take(told.About, now), null, 1, isCombined);
    }

    /// <summary>The event is there under this name; the next of its kind count it up.</summary>
    public void Sent(ObjectEvent told, bool isCombined, string name, TimeSpan now) =>
        series[Key(told, isCombined)] = new Series(name) { Last = now };

    /// <summary>The event is no longer there.</summary>
    public void Lost(ObjectEvent told, bool isCombined) => series.Remove(Key(told, isCombined));

    private bool Take(KubeOrigin about, TimeSpan now)
    {
        var bucket = Of(buckets, about, () => new Bucket { Tokens = Burst, At = now });
        var refilled = (int)((now - bucket.At) / Refill);
        if (refilled > 0) (bucket.Tokens, bucket.At) = (Math.Min(Burst, bucket.Tokens + refilled), bucket.At + (refilled * Refill));
        if (bucket.Tokens == 0) return false;
        bucket.Tokens--;
        return true;
    }

    private void Forget(TimeSpan now)
    {
        Drop(series, s => now - s.Last > Window);
        Drop(kinds, k => now - k.Since > Window);
        Drop(buckets, b => b.Tokens + ((now - b.At) / Refill) >= Burst);
        // Too many all the same: better some events too many than memory without end.
        if (series.Count + kinds.Count + buckets.Count <= MostRemembered) return;
        series.Clear();
        kinds.Clear();
        buckets.Clear();
    }

    private static (KubeOrigin, string, string, bool, string?) Key(ObjectEvent told, bool isCombined) =>
        (told.About, told.Reason, told.Action, told.IsWarning, isCombined ? null : told.Note);

    private static TValue Of<TKey, TValue>(Dictionary<TKey, TValue> from, TKey key, Func<TValue> make)
        where TKey : notnull => from.TryGetValue(key, out var found) ? found : from[key] = make();

    private static void Drop<TKey, TValue>(Dictionary<TKey, TValue> from, Predicate<TValue> isOld)
        where TKey : notnull
    {
        foreach (var key in from.Where(p => isOld(p.Value)).Select(p => p.Key).ToArray()) from.Remove(key);
    }

    private sealed class Series(string name)
    {
        public string Name => name;

        public int Count { get; set; } = 1;

        public TimeSpan Last { get; set; }
    }

    private sealed class Kinds
    {
        /// <summary>Null before the first.</summary>
        public TimeSpan? Since { get; set; }

        public HashSet<string> Notes { get; set; } = [];
    }

    private sealed class Bucket
    {
        public int Tokens { get; set; }

        public TimeSpan At { get; set; }
    }
}
