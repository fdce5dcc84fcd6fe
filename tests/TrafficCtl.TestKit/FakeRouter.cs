using System.Runtime.CompilerServices;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>A router in memory: fences generations, latches when told to, and remembers every route that took effect.</summary>
public sealed class FakeRouter(PortCalls? calls = null) : ITrafficRouter
{
    private readonly PortCalls calls = calls ?? new PortCalls();
    private readonly Dictionary<TargetKey, ServiceRoute> routes = [];
    private readonly Dictionary<TargetKey, Wish> aborts = [];
    private BreakerTrip? trip;
    private bool wasRefused;

    public bool IsGone { get; set; }

    /// <summary>It can be asked and not told, and takes what it has for nobody's word, as a mesh without the right to write.</summary>
    public bool CannotWrite { get; set; }

    /// <summary>An external change of the split.</summary>
    public Drift? Drift { get; set; }

    /// <summary>Said beside everything else.</summary>
    public string? Warning { get; set; }

    /// <summary>How often a person decided about a drift.</summary>
    public int Settlements { get; private set; }

    /// <summary>Why it gives the candidate nothing of its own accord; null when it does not.</summary>
    public string? Withholds { get; set; }

    /// <summary>What it says of aborts beside what it does.</summary>
    public string? AbortWarning { get; set; }

    /// <summary>The abort of a service that it holds and that no store has answered; null without one.</summary>
    public Wish? AbortOf(string service) => AbortOf(Keys.Of(service));

    public Wish? AbortOf(TargetKey key) => aborts.GetValueOrDefault(key);

    public void Settle(TargetKey key)
    {
        PortCalls.Note("router", nameof(Settle));
        Settlements++;
    }

    public ArmHealth Health { get; set; } = new(1, 1, 1, null);

    /// <summary>Routes that changed something, oldest first.</summary>
    public IList<ServiceRoute> History { get; } = [];

    public int Applications { get; private set; }

    /// <summary>Gets each route that it is told, before it takes effect.</summary>
    public Action<ServiceRoute>? OnApply { get; set; }

    public ServiceRoute? Find(string service) => Find(Keys.Of(service));

    public ServiceRoute? Find(TargetKey key) => routes.GetValueOrDefault(key);

    public Exposure Effective(string service) => Effective(Keys.Of(service));

    public Exposure Effective(TargetKey key) =>
        routes.TryGetValue(key, out var route) && trip?.RolloutId != route.RolloutId && !aborts.ContainsKey(key) && Withholds is null
            ? route.Exposure
            : Exposure.None;

    /// <summary>The safety breaker of the present rollout of a service.</summary>
    public void Trip(string service, DateTimeOffset at) =>
        trip = new BreakerTrip(routes[Keys.Of(service)].RolloutId!, at, "8 of 8 requests failed");

    /// <summary>What somebody else, or an old backup, put there.</summary>
    public void Put(ServiceRoute route) => routes[route.Key] = route;

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) => Call(() =>
    {
        Applications++;
        OnApply?.Invoke(route);
        wasRefused = CannotWrite;
        if (CannotWrite) throw new IOException("the fake router may not write");
        if (routes.TryGetValue(route.Key, out var held) && route.Generation < held.Generation) return ApplyOutcome.Stale;
        if (trip is not null && route.RolloutId != trip.RolloutId) trip = null;
        if (route != held) History.Add(route);
        routes[route.Key] = route;
        return ApplyOutcome.Applied;
    });

    public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) => Call(() =>
        routes.TryGetValue(key, out var route)
            ? new RouterStatus(
                wasRefused ? route with { Generation = 0 } : route, Effective(key), new ArmHealth(1, 1, 1, null), Health,
                trip?.RolloutId == route.RolloutId ? trip : null, Warning)
            {
                Drift = Drift,
                Abort = AbortOf(key),
                Withheld = Withholds ?? (AbortOf(key) is { } abort && route.Candidate is not null
                    ? $"{route.Candidate} gets 0 % by an abort of {abort.Who}"
                    : null),
            }
            : null);

    public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => Call(() =>
    {
        if (!routes.TryGetValue(abort.Key, out var route)) return null;
        aborts.TryAdd(abort.Key, abort);
        return new AbortEffect(route.Stable, route.Candidate, aborts[abort.Key], AbortWarning);
    });

    public async ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => await Call(() => aborts.Remove(abort.Key));

    private ValueTask<T> Call<T>(Func<T> effect, [CallerMemberName] string name = "")
    {
        try
        {
            return ValueTask.FromResult(calls.Make(() => IsGone ? throw Gone() : effect(), Gone, "router", name));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<T>(fault);
        }

        IOException Gone() => new("the fake router is gone");
    }
}
