using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>
/// What keeps a service from being routed or measured, once it has lasted: a short one is not reported. Each begin is recorded once, as an
/// event.
/// </summary>
internal sealed class LastingTroubles(IEventRecorder recorder, TimeProvider clock)
{
    /// <summary>A few rounds: what a retry mends is gone by then.</summary>
    public static readonly TimeSpan OfRoute = TimeSpan.FromSeconds(10);

    /// <summary>Two scrapes of the usual interval.</summary>
    public static readonly TimeSpan OfMeasuring = TimeSpan.FromSeconds(30);

    /// <summary>Longer than a split takes that counts as in force without a request that plainly shows it.</summary>
    public static readonly TimeSpan OfConfirming = TimeSpan.FromMinutes(3);

    private readonly Dictionary<(string Service, string Reason), Trouble> troubles = [];

    /// <param name="declared">Whom events are about.</param>
    /// <param name="view">Null while nothing is known.</param>
    public (string? Route, string? Measuring, string? Confirming) Of(DeclaredState declared, ServiceView? view)
    {
        // A drift has an event of its own, and without a rollout nobody waits for measurements.
        var route = view?.Router?.Drift is null ? view?.RouteTrouble : null;
        var measuring = view?.Record?.Active is null ? null : view.MetricTrouble;
        var isAsked = view?.Newest?.Phase is Phase.Shifting or Phase.RollingBack or Phase.Paused { Cause: PauseCause.Unconfirmed };
        var confirming = isAsked ? view!.Router?.WaitsFor : null;
        return (
            Lasting(declared, "RouteUnresolved", "Route", route, OfRoute, "the split stays as it is"),
            Lasting(declared, "Unmeasured", "Measure", measuring, OfMeasuring, "the rollout holds"),
            Lasting(declared, "Unconfirmed", "Confirm", confirming, OfConfirming, "the rollout waits"));
    }

    private string? Lasting(DeclaredState declared, string reason, string action, string? now, TimeSpan least, string meanwhile)
    {
        var key = ($"{declared.Namespace}.{declared.Service}", reason);
        if (now is null)
        {
            troubles.Remove(key);
            return null;
        }

        if (!troubles.TryGetValue(key, out var known)) troubles[key] = known = new Trouble(clock.GetTimestamp());
        if (clock.GetElapsedTime(known.Since) < least) return null;
        if (!known.IsTold) recorder.Record(new ObjectEvent(declared.Origin, IsWarning: true, reason, action, $"{meanwhile}: {now}"));
        known.IsTold = true;
        return now;
    }

    private sealed class Trouble(long since)
    {
        public long Since => since;

        public bool IsTold { get; set; }
    }
}
