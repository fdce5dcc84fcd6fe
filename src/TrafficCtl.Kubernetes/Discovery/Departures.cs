using System.Collections.Concurrent;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>How far a service has come whose root Service was deleted.</summary>
public enum Departure
{
    /// <summary>The Service is there.</summary>
    None,

    /// <summary>It is controlled as before: a Service that is replaced comes back.</summary>
    Grace,

    /// <summary>It stayed away: its rollout ends, and all traffic goes to the version that is good.</summary>
    Ending,

    /// <summary>Nothing is decided for it any more, and what the controller made for it is deleted.</summary>
    Over,
}

/// <summary>
/// Takes the deletion of a root Service as an order with a grace, so that <c>kubectl replace --force</c> changes nothing.
/// </summary>
/// <remarks>
/// Only time in which this process is the leader counts, by its monotonic clock: a new leader begins the grace anew, so it may take longer
/// and is never shorter. Nothing is held by a finalizer, so a namespace never waits for a controller.
/// </remarks>
internal sealed class Departures(TimeProvider clock, Func<bool> leads)
{
    /// <summary>From when the Service is missed until its deletion is taken for meant.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>After the grace at most, until what could not be ended is left as it is.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, bool> letGo = new(StringComparer.Ordinal);

    /// <summary>The service after one more pass.</summary>
    /// <param name="one">The service as it was.</param>
    /// <param name="isThere">Its root Service exists.</param>
    /// <param name="hasEnded">No rollout is active, and no request goes to another version than the good one.</param>
    public KnownService Pass(KnownService one, bool isThere, Func<KnownService, bool> hasEnded)
    {
        if (isThere)
        {
            Keep(one.Name);
            return one is { GoneSince: null, Departure: Departure.None } ? one : one with { GoneSince = null, Departure = Departure.None };
        }

        var since = (leads() ? one.GoneSince : null) ?? clock.GetTimestamp();
        var gone = clock.GetElapsedTime(since);
        var next = one with { GoneSince = since };
        if (gone < Grace) return next with { Departure = Departure.Grace };
        var isOver = one.Departure == Departure.Over || gone >= Grace + Limit || (one.Departure == Departure.Ending && hasEnded(next));
        return next with { Departure = isOver ? Departure.Over : Departure.Ending };
    }

    /// <summary>Its route is released: the next pass forgets it. From any thread.</summary>
    public void LetGo(string service) => letGo[service] = true;

    public bool IsLetGo(string service) => letGo.ContainsKey(service);

    /// <summary>It is there again, or is forgotten.</summary>
    public void Keep(string service) => letGo.TryRemove(service, out _);
}
