using TrafficCtl.Core.Judging;

namespace TrafficCtl.Proxy.Signals;

/// <summary>What the breaker remembers of one service between its ticks.</summary>
internal sealed class BreakerState
{
    private long trips;
    private long alarms;

    public long Trips => Volatile.Read(ref trips);

    public long Alarms => Volatile.Read(ref alarms);

    public SafetyBreaker Evidence { get; } = new();

    /// <summary>Whose counters the last pulses are; evidence begins anew with another rollout's.</summary>
    public string? RolloutId { get; private set; }

    public Pulse LastStable { get; set; }

    public Pulse LastCandidate { get; set; }

    public bool IsAlarmed { get; set; }

    /// <summary>False when another rollout's counters follow; then the evidence has begun anew.</summary>
    public bool Begin(string? rolloutId)
    {
        if (rolloutId == RolloutId) return true;
        RolloutId = rolloutId;
        IsAlarmed = false;
        Evidence.Reset();
        return false;
    }

    public void CountTrip() => Interlocked.Increment(ref trips);

    public void CountAlarm() => Interlocked.Increment(ref alarms);
}
