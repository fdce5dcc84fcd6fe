using System.Collections.Concurrent;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Telemetry;

/// <summary>A decision's kind of one service, as a metric's labels.</summary>
public readonly record struct DecisionLabel(TargetKey Key, string Kind);

/// <summary>What Control counts; read by telemetry at any time.</summary>
public sealed class ControlMetrics
{
    private readonly ConcurrentDictionary<DecisionLabel, DecisionCount> decisions = new();
    private long rounds;
    private long storeErrors;
    private long routerErrors;
    private long metricErrors;
    private long faults;
    private long staleWrites;
    private long lostWindows;
    private long drifts;
    private long staleRoutes;
    private long clockJumps;
    private double lastRoundSeconds;

    /// <summary>Saved decisions by kind, with the time of the last one.</summary>
    public IReadOnlyDictionary<DecisionLabel, DecisionCount> Decisions => decisions;

    public long Rounds => Interlocked.Read(ref rounds);

    /// <summary>Store calls that failed.</summary>
    public long StoreErrors => Interlocked.Read(ref storeErrors);

    /// <summary>Router calls that failed.</summary>
    public long RouterErrors => Interlocked.Read(ref routerErrors);

    /// <summary>Metric reads that failed.</summary>
    public long MetricErrors => Interlocked.Read(ref metricErrors);

    /// <summary>Rounds of one service that ended in a fault inside.</summary>
    public long Faults => Interlocked.Read(ref faults);

    /// <summary>Writes refused because another writer was there first.</summary>
    public long StaleWrites => Interlocked.Read(ref staleWrites);

    /// <summary>One-second windows that a restart may have lost, at most.</summary>
    public long LostWindows => Interlocked.Read(ref lostWindows);

    /// <summary>Times that a router did something else than what it was last told.</summary>
    public long Drifts => Interlocked.Read(ref drifts);

    /// <summary>Routes refused by a router that held a newer generation.</summary>
    public long StaleRoutes => Interlocked.Read(ref staleRoutes);

    /// <summary>Times that the time of day was set against the monotonic clock between two rounds.</summary>
    public long ClockJumps => Interlocked.Read(ref clockJumps);

    public double LastRoundSeconds => Volatile.Read(ref lastRoundSeconds);

    internal void Decided(DecisionLabel label, DateTimeOffset at) =>
        decisions.AddOrUpdate(
            label, static (_, time) => new DecisionCount(1, time), static (_, held, time) => new DecisionCount(held.Count + 1, time), at);

    internal void StoreFailed() => Interlocked.Increment(ref storeErrors);

    internal void RouterFailed() => Interlocked.Increment(ref routerErrors);

    internal void MetricFailed() => Interlocked.Increment(ref metricErrors);

    internal void Faulted() => Interlocked.Increment(ref faults);

    internal void Stale() => Interlocked.Increment(ref staleWrites);

    internal void Lost(long windows) => Interlocked.Add(ref lostWindows, windows);

    internal void Drifted() => Interlocked.Increment(ref drifts);

    internal void RefusedAsStale() => Interlocked.Increment(ref staleRoutes);

    internal void ClockJumped() => Interlocked.Increment(ref clockJumps);

    internal void RoundEnded(TimeSpan took)
    {
        Interlocked.Increment(ref rounds);
        Volatile.Write(ref lastRoundSeconds, took.TotalSeconds);
    }
}

/// <param name="Count">Since this process started.</param>
/// <param name="Last">The time of the last one.</param>
public readonly record struct DecisionCount(long Count, DateTimeOffset Last);
