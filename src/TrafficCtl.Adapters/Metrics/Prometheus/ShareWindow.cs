using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Requests of both arms since the split was last changed.</summary>
internal sealed class ShareWindow
{
    private string? rolloutId;
    private Weights weights;
    private Weights? shadow;
    private DateTimeOffset? since;
    private long stable;
    private long candidate;

    /// <summary>Both arms.</summary>
    public long Total => stable + candidate;

    public long Stable => stable;

    public long Candidate => candidate;

    /// <summary>Begins anew when the route asks for another split; a new generation alone changes nothing.</summary>
    /// <param name="route">In force.</param>
    /// <param name="counted">Windows that begin sooner are of another split, or of both.</param>
    public void Follow(ServiceRoute route, DateTimeOffset counted)
    {
        if (since is not null && route.RolloutId == rolloutId && route.Exposure.General == weights && route.Exposure.Shadow == shadow) return;
        (rolloutId, weights, shadow, since, stable, candidate) = (route.RolloutId, route.Exposure.General, route.Exposure.Shadow, counted, 0, 0);
    }

    public void Add(DateTimeOffset from, long stableRequests, long candidateRequests)
    {
        if (since is not { } begin || from < begin) return;
        stable += stableRequests;
        candidate += candidateRequests;
    }

    public ShareSample? Sample(DateTimeOffset at) =>
        rolloutId is not null && since is { } begin && Total > 0 ? new ShareSample(rolloutId, weights, candidate, Total, begin, at) : null;
}
