using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Requests of both arms since the split was last changed, and in the newest minutes of the splits before.</summary>
internal sealed class ShareWindow
{
    /// <summary>Windows that tell what others send: the newest, for that changes. 10 min at the usual scrape interval.</summary>
    private const int MostKept = 40;

    private Split? now;
    private Recent recent = new(DateTimeOffset.MaxValue);
    private Recent? before, atZero;
    private Weights beforeWeights;
    private string? rolloutId;
    private DateTimeOffset? since;
    private DateTimeOffset followed, changed;
    private long stable;
    private long candidate;

    /// <summary>Both arms.</summary>
    public long Total => stable + candidate;

    public long Stable => stable;

    public long Candidate => candidate;

    /// <summary>A request was counted at any time.</summary>
    public bool HasCounted { get; private set; }

    /// <summary>Begins anew when the route asks for another split; a new generation alone changes nothing.</summary>
    /// <param name="route">In force.</param>
    /// <param name="slot">The Service of the stable arm.</param>
    /// <param name="at">When it was found in force.</param>
    /// <param name="counted">Windows that begin sooner are of another split, or of both.</param>
    public void Follow(ServiceRoute route, string? slot, DateTimeOffset at, DateTimeOffset counted)
    {
        var next = Split.Of(route.Exposure, slot);
        if (next != now) Change(next, counted);
        if (next != now || route.RolloutId != rolloutId) (rolloutId, since, stable, candidate) = (route.RolloutId, counted, 0, 0);
        (now, followed) = (next, at);
    }

    /// <param name="from">Where the window begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="stableRequests">The requests to the stable slot.</param>
    /// <param name="candidateRequests">The requests to the candidate's slot; without a candidate, those to all others.</param>
    public void Add(DateTimeOffset from, DateTimeOffset to, long stableRequests, long candidateRequests)
    {
        HasCounted |= stableRequests + candidateRequests > 0;
        // Prometheus is asked for instants behind now: these are still of the split before.
        if (to <= changed) before?.Add(from, stableRequests, candidateRequests);
        recent.Add(from, stableRequests, candidateRequests);
        if (!(from >= since)) return;
        stable += stableRequests;
        candidate += candidateRequests;
    }

    public ShareSample? Sample(DateTimeOffset at, ShareScope scope) => rolloutId is not null && since is { } begin && Total > 0
        ? new ShareSample(rolloutId, now!.General, candidate, Total, begin, at)
        {
            Scope = scope,
            AtZero = atZero?.Count(Weights.AllStable),
            Before = before?.Count(beforeWeights),
        }
        : null;

    private void Change(Split next, DateTimeOffset counted)
    {
        if (now is null || now.Slot != next.Slot) (before, atZero) = (null, null);
        else
        {
            // Where cohorts have weights of their own, one weight says nothing of the share.
            (before, beforeWeights) = (now.IsOne ? recent : null, now.General);
            var isZero = now is { IsOne: true, Shadow: null } && now.General == Weights.AllStable;
            // In a moment at 0 nothing could be counted: what was known before still is.
            if (isZero && (atZero is null || !recent.IsEmpty)) atZero = recent;
        }

        // When it was looked at last, it was the split before.
        (recent, changed) = (new Recent(counted), followed);
    }

    /// <param name="Slot">The Service of the stable arm.</param>
    /// <param name="IsOne">Nobody has other weights than the general ones.</param>
    private sealed record Split(string? Slot, Weights General, Weights? Shadow, bool IsOne)
    {
        public static Split Of(Exposure exposure, string? slot) =>
            new(slot, exposure.General, exposure.Shadow, exposure.Cohorts.All(c => c.Weights == exposure.General));
    }

    /// <summary>The newest windows of one split, of those that begin when it was in force.</summary>
    private sealed class Recent(DateTimeOffset begin)
    {
        private readonly Queue<(long Stable, long Candidate)> windows = new();

        public bool IsEmpty => windows.Count == 0;

        public void Add(DateTimeOffset from, long stable, long candidate)
        {
            if (from < begin) return;
            windows.Enqueue((stable, candidate));
            if (windows.Count > MostKept) windows.Dequeue();
        }

        /// <summary>Null without a request.</summary>
        public ShareCount? Count(Weights asked)
        {
            var (stable, candidate) = (windows.Sum(w => w.Stable), windows.Sum(w => w.Candidate));
            return stable + candidate > 0 ? new ShareCount(asked, candidate, stable + candidate) : null;
        }
    }
}
