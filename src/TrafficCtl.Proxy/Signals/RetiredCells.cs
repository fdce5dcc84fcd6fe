using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>Cells of ended rollouts: still counted one by one until nothing is in flight in them, then only as a sum.</summary>
/// <remarks>Owned by one runtime, under its lock.</remarks>
internal sealed class RetiredCells
{
    /// <summary>A request may have chosen its cell just before the cell was retired, and start in it just after.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly List<(ArmPair Pair, TimeSpan Since)> waiting = [];
    private readonly Counts stable = new();
    private readonly Counts candidate = new();

    /// <summary>Pairs that are still kept one by one.</summary>
    public int Waiting => waiting.Count;

    /// <param name="pair">Nothing more is routed to it.</param>
    /// <param name="now">By a monotonic clock; its origin means nothing.</param>
    public void Add(ArmPair pair, TimeSpan now)
    {
        waiting.Add((pair, now));
        Fold(now);
    }

    /// <summary>Adds all that was ever retired.</summary>
    public void AddTo(Counts stableSum, Counts candidateSum, TimeSpan now)
    {
        Fold(now);
        foreach (var (pair, _) in waiting)
        {
            pair.Stable.AddTo(stableSum);
            pair.Candidate.AddTo(candidateSum);
        }

        stableSum.Add(stable);
        candidateSum.Add(candidate);
    }

    /// <summary>Adds up what is at rest and lets go of it; a pair holds a megabyte, whether or not somebody asks for the totals.</summary>
    private void Fold(TimeSpan now)
    {
        for (var i = waiting.Count - 1; i >= 0; i--)
        {
            var (pair, since) = waiting[i];
            if (now - since < Grace || InFlight(pair.Stable) > 0 || InFlight(pair.Candidate) > 0) continue;
            pair.Stable.AddTo(stable);
            pair.Candidate.AddTo(candidate);
            waiting.RemoveAt(i);
        }
    }

    private static long InFlight(ArmCell cell)
    {
        var pulse = cell.ReadPulse();
        return pulse.Started - pulse.Ended;
    }
}
