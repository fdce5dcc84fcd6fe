using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Signals;

/// <summary>What the breaker remembers of one service between its ticks.</summary>
internal sealed class BreakerState
{
    private CellSet? measured;
    private Pulse lastStable;
    private Pulse lastCandidate;
    private Exposure? asked;
    private bool isStranded;
    private long trips;
    private long alarms;

    public long Trips => Volatile.Read(ref trips);

    public long Alarms => Volatile.Read(ref alarms);

    public SafetyBreaker Evidence { get; } = new();

    /// <summary>The alarm was raised, and what it was raised for goes on.</summary>
    public bool IsAlarmed { get; set; }

    /// <summary>What was counted since the last tick. Another rollout begins the evidence anew; a reload skips one tick.</summary>
    public (Pulse Stable, Pulse Candidate) Advance(CellSet now, in Pulse stable, in Pulse candidate)
    {
        var isSameRollout = measured is null || measured.RolloutId == now.RolloutId;
        if (!isSameRollout)
        {
            (IsAlarmed, asked, isStranded) = (false, null, false);
            Evidence.Reset();
            (lastStable, lastCandidate) = (default, default);
        }
        else if (measured is not null && measured != now)
        {
            // Cells of a cohort that left the configuration are gone from the sums.
            (lastStable, lastCandidate) = (stable, candidate);
        }

        var more = (stable - lastStable, candidate - lastCandidate);
        (measured, lastStable, lastCandidate) = (now, stable, candidate);
        return more;
    }

    /// <summary>Ends the comparison where the split was changed by somebody else.</summary>
    /// <param name="exposure">What the control loop asks for.</param>
    public void Follow(Exposure exposure)
    {
        if (asked is not null && asked != exposure) Evidence.Resplit();
        asked = exposure;
    }

    /// <summary>The same where a limit could not be followed until now.</summary>
    /// <param name="canReturn">Stable has a live endpoint.</param>
    public void Follow(bool canReturn)
    {
        if (isStranded && canReturn) Evidence.Resplit();
        isStranded = !canReturn;
    }

    public void CountTrip() => Interlocked.Increment(ref trips);

    public void CountAlarm() => Interlocked.Increment(ref alarms);
}
