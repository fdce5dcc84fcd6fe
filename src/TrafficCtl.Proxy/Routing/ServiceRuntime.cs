using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.Proxy.Snapshots;

namespace TrafficCtl.Proxy.Routing;

/// <summary>One service while the process lives: holds what is served, fences what may replace it, and keeps the totals.</summary>
internal sealed class ServiceRuntime
{
    private readonly Lock gate = new();
    private readonly double secondsPerTick;
    private readonly RetiredCells retired = new();
    private readonly long[] connectRetries = new long[2];
    private readonly TraceExamples[] examples;
    private Serving current;
    private Latch? latch;
    private Weights limit = Weights.AllCandidate;
    private long limitedAt;

    public ServiceRuntime(ServiceSpec spec, ServiceRoute route, Latch? latch, double secondsPerTick)
    {
        this.secondsPerTick = secondsPerTick;
        this.latch = latch;
        examples = [new(secondsPerTick), new(secondsPerTick)];
        current = Build(spec, route, CellSet.Begin(route, spec, secondsPerTick));
    }

    /// <summary>One volatile read; keep the result for the whole request.</summary>
    public Serving Current => Volatile.Read(ref current);

    /// <summary>The latch in force or waiting for its rollout; null when there is none.</summary>
    public Latch? Latch => Volatile.Read(ref latch);

    /// <summary>
    /// When the present rollout's candidate last got less than it was asked to get, because of <see cref="Limit"/>; null when it never did.
    /// </summary>
    public DateTimeOffset? LimitedAt => Volatile.Read(ref limitedAt) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>What stable is asked for, for the route groups of the next rollout.</summary>
    public PathSketch Paths { get; } = new();

    /// <summary>What the breaker remembers; only its tick uses it.</summary>
    public BreakerState Breaker { get; } = new();

    /// <summary>Puts the route in force unless a newer generation is.</summary>
    /// <param name="route">What is asked for.</param>
    /// <param name="running">By the monotonic clock.</param>
    /// <param name="routeChanged">The route must be saved.</param>
    public ApplyOutcome Apply(ServiceRoute route, TimeSpan running, out bool routeChanged)
    {
        lock (gate)
        {
            routeChanged = false;
            var held = current;
            if (route.Generation < held.Route.Generation) return ApplyOutcome.Stale;
            var after = latch?.After(route);
            if (route == held.Route && after == latch) return ApplyOutcome.Applied;
            routeChanged = route != held.Route;
            Volatile.Write(ref latch, after);
            var measured = held.Measured;
            if (route.RolloutId != measured.RolloutId)
            {
                measured = CellSet.Begin(route, held.Spec, secondsPerTick, held.Measured);
                foreach (var pair in held.Measured.Pairs) retired.Add(pair, running);
                limit = Weights.AllCandidate;
                Volatile.Write(ref limitedAt, 0);
            }

            if (route.RolloutId is not null) measured.CountBy(route.Paths);

            Volatile.Write(ref current, Build(held.Spec, route, measured));
            return ApplyOutcome.Applied;
        }
    }

    /// <summary>Takes a reloaded configuration; counters of cohorts that it still names go on.</summary>
    public void Reconfigure(ServiceSpec spec, TimeSpan running)
    {
        lock (gate)
        {
            var held = current;
            if (ReferenceEquals(spec, held.Spec)) return;
            var measured = held.Measured.With(spec, out var gone);
            foreach (var pair in gone) retired.Add(pair, running);
            Volatile.Write(ref current, Build(spec, held.Route, measured));
        }
    }

    /// <summary>
    /// Takes the candidate to 0 at once and keeps it there until the store has answered the abort; what is held from then on.
    /// </summary>
    /// <remarks>An abort that is held already stays the one that is to be recorded.</remarks>
    public Latch Abort(Wish wish, DateTimeOffset at)
    {
        lock (gate)
        {
            var held = current;
            if (latch is { IsUnanswered: true } first) return first;
            var set = latch is { } closed && closed.Holds(held.Route)
                ? closed
                : new Latch(held.Route.Key, held.Route.RolloutId ?? Latch.AnyRollout, held.Route.Generation, at, $"aborted by {wish.Who}")
                {
                    Cause = LatchCause.Abort,
                };
            set = set with { Abort = wish, IsAnswered = false };
            Volatile.Write(ref latch, set);
            Volatile.Write(ref current, Build(held.Spec, held.Route, held.Measured));
            return set;
        }
    }

    /// <summary>The store has answered this abort: the routes that it asks for count again.</summary>
    public void Answered(Wish wish)
    {
        lock (gate)
        {
            if (latch is not { IsUnanswered: true } set || !set.Abort!.IsSameAs(wish)) return;
            var held = current;
            Volatile.Write(ref latch, set.Answered(held.Route));
            Volatile.Write(ref current, Build(held.Spec, held.Route, held.Measured));
        }
    }

    /// <summary>Takes the candidate to 0 at once; null when the rollout is no longer the present one.</summary>
    public Latch? Trip(string rolloutId, DateTimeOffset at, string why)
    {
        lock (gate)
        {
            var held = current;
            if (held.Route.RolloutId != rolloutId || held.IsLatched) return null;
            limit = Weights.AllCandidate;
            var set = new Latch(held.Route.Key, rolloutId, held.Route.Generation, at, why);
            Volatile.Write(ref latch, set);
            Volatile.Write(ref current, Build(held.Spec, held.Route, held.Measured));
            return set;
        }
    }

    /// <summary>Gives the candidate at most this share, until told otherwise; the route stays what it is.</summary>
    /// <returns>True when that changed what is served.</returns>
    public bool Limit(string rolloutId, Weights share, DateTimeOffset now)
    {
        lock (gate)
        {
            var held = current;
            if (held.Route.RolloutId != rolloutId || held.IsLatched) return false;
            if (share < held.Route.Exposure.Highest) Volatile.Write(ref limitedAt, now.UtcTicks);
            if (share == limit) return false;
            limit = share;
            var next = Build(held.Spec, held.Route, held.Measured);
            Volatile.Write(ref current, next);
            return next.Effective != held.Effective;
        }
    }

    /// <summary>The latch that holds what is served; null when nothing does.</summary>
    public Latch? LatchOf(Serving serving) => serving.IsLatched && Latch is { } set && set.Holds(serving.Route) ? set : null;

    /// <summary>A request of the arm goes to another endpoint, because no connection could be opened to the first.</summary>
    public void CountConnectRetry(Arm arm) => Interlocked.Increment(ref connectRetries[(int)arm]);

    /// <summary>Exemplars of the arm's latency.</summary>
    public TraceExamples ExamplesOf(Arm arm) => examples[(int)arm];

    public ServiceTotals ReadTotals(TimeSpan running)
    {
        lock (gate)
        {
            var held = current;
            Counts stable = new(), candidate = new();
            retired.AddTo(stable, candidate, running);
            foreach (var pair in held.Measured.Pairs)
            {
                pair.Stable.AddTo(stable);
                pair.Candidate.AddTo(candidate);
            }

            stable.CountAll();
            candidate.CountAll();
            return new ServiceTotals(
                held.Spec.Key, stable, candidate, held.Route, held.Effective,
                LatchOf(held) is { Cause: LatchCause.Breaker }, Breaker.Trips, Breaker.Alarms)
            {
                StableConnectRetries = Interlocked.Read(ref connectRetries[(int)Arm.Stable]),
                CandidateConnectRetries = Interlocked.Read(ref connectRetries[(int)Arm.Candidate]),
                StableExamples = ExamplesOf(Arm.Stable).Newest(),
                CandidateExamples = ExamplesOf(Arm.Candidate).Newest(),
            };
        }
    }

    private Serving Build(ServiceSpec spec, ServiceRoute route, CellSet measured) =>
        new(spec, route, latch?.Holds(route) == true, limit, measured);
}
