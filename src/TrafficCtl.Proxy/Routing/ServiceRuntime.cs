using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Proxy.Routing;

/// <summary>One service while the process lives: holds what is served, fences what may replace it, and keeps the totals.</summary>
internal sealed class ServiceRuntime
{
    private readonly Lock gate = new();
    private readonly double secondsPerTick;
    private readonly RetiredCells retired = new();
    private Serving current;
    private Latch? latch;

    public ServiceRuntime(ServiceSpec spec, ServiceRoute route, Latch? latch, double secondsPerTick)
    {
        this.secondsPerTick = secondsPerTick;
        this.latch = latch;
        current = Build(spec, route, CellSet.Begin(route, spec, secondsPerTick));
    }

    /// <summary>One volatile read; keep the result for the whole request.</summary>
    public Serving Current => Volatile.Read(ref current);

    /// <summary>The latch in force or waiting for its rollout; null when there is none.</summary>
    public Latch? Latch => Volatile.Read(ref latch);

    /// <summary>Set by the breaker when it would have tripped without a live stable endpoint.</summary>
    public BreakerState Breaker { get; } = new();

    /// <summary>Puts the route in force unless a newer generation is; says what must be saved.</summary>
    public ApplyOutcome Apply(ServiceRoute route, DateTimeOffset now, out bool routeChanged, out Latch? latchCleared)
    {
        lock (gate)
        {
            (routeChanged, latchCleared) = (false, null);
            var held = current;
            if (route.Generation < held.Route.Generation) return ApplyOutcome.Stale;
            if (route == held.Route) return ApplyOutcome.Applied;
            routeChanged = true;
            if (latch is { } set && route.RolloutId != set.RolloutId && route.Generation > set.Generation)
            {
                Volatile.Write(ref latch, null);
                latchCleared = set;
            }

            var measured = held.Measured;
            if (route.RolloutId != measured.RolloutId)
            {
                measured = CellSet.Begin(route, held.Spec, secondsPerTick);
                foreach (var pair in held.Measured.Pairs) retired.Add(pair, now);
            }

            Volatile.Write(ref current, Build(held.Spec, route, measured));
            return ApplyOutcome.Applied;
        }
    }

    /// <summary>Takes a reloaded configuration; counters of cohorts that it still names go on.</summary>
    public void Reconfigure(ServiceSpec spec, DateTimeOffset now)
    {
        lock (gate)
        {
            var held = current;
            if (ReferenceEquals(spec, held.Spec)) return;
            var measured = held.Measured.With(spec, out var gone);
            foreach (var pair in gone) retired.Add(pair, now);
            Volatile.Write(ref current, Build(spec, held.Route, measured));
        }
    }

    /// <summary>Takes the candidate to 0 at once; null when the rollout is no longer the present one.</summary>
    public Latch? Trip(string rolloutId, DateTimeOffset at, string why)
    {
        lock (gate)
        {
            var held = current;
            if (held.Route.RolloutId != rolloutId || held.IsLatched) return null;
            var set = new Latch(held.Route.Service, rolloutId, held.Route.Generation, at, why);
            Volatile.Write(ref latch, set);
            Volatile.Write(ref current, Build(held.Spec, held.Route, held.Measured));
            return set;
        }
    }

    public BreakerTrip? TripOf(Serving serving) =>
        serving.IsLatched && Latch is { } set && set.RolloutId == serving.Route.RolloutId ? new BreakerTrip(set.RolloutId, set.At, set.Why) : null;

    public ServiceTotals ReadTotals(DateTimeOffset now)
    {
        lock (gate)
        {
            var held = current;
            Counts stable = new(), candidate = new();
            retired.AddTo(stable, candidate, now);
            foreach (var pair in held.Measured.Pairs)
            {
                pair.Stable.AddTo(stable);
                pair.Candidate.AddTo(candidate);
            }

            return new ServiceTotals(
                held.Spec.Service, held.Spec.Environment, stable, candidate, held.Route, held.Effective,
                held.IsLatched, Breaker.Trips, Breaker.Alarms);
        }
    }

    private Serving Build(ServiceSpec spec, ServiceRoute route, CellSet measured) =>
        new(spec, route, latch is { } set && set.RolloutId == route.RolloutId, measured);
}
