using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <param name="Name">The name of the status, as <see cref="ClientStatuses.NameOf"/> has it.</param>
/// <param name="Candidate">Its share of the candidate's requests, 0..1.</param>
/// <param name="Stable">The same of stable.</param>
internal readonly record struct DominatingStatus(string Name, double Candidate, double Stable);

/// <summary>Client errors of both arms by status, uncapped, since the rollout began: for the words of a finding only.</summary>
internal sealed class StatusCounts
{
    private readonly long[] stable = new long[ClientStatuses.Count], candidate = new long[ClientStatuses.Count];
    private long stableRequests, candidateRequests;

    /// <summary>The status with the largest excess of the candidate; null where statuses are not told, or none is in excess.</summary>
    public DominatingStatus? Dominating
    {
        get
        {
            if (stableRequests <= 0 || candidateRequests <= 0) return null;
            var (most, slot) = (0.0, -1);
            for (var i = 0; i < ClientStatuses.Count; i++)
            {
                var excess = Share(candidate, candidateRequests, i) - Share(stable, stableRequests, i);
                if (excess > most) (most, slot) = (excess, i);
            }

            return slot < 0
                ? null
                : new DominatingStatus(
                    ClientStatuses.NameOf(slot), Share(candidate, candidateRequests, slot), Share(stable, stableRequests, slot));
        }
    }

    /// <summary>Users with a client error; whoever knows users without telling them apart by it (none at all) limits nothing.</summary>
    public static long FailingUsers(in UserCounts candidate) => candidate.ClientFailing > 0 ? candidate.ClientFailing : long.MaxValue;

    public void Absorb(in Tick tick)
    {
        stableRequests += Math.Max(0, tick.Stable.Requests);
        candidateRequests += Math.Max(0, tick.Candidate.Requests);
        Add(tick.Stable.ByStatus, stable);
        Add(tick.Candidate.ByStatus, candidate);
    }

    private static void Add(long[]? counts, long[] to)
    {
        if (counts is null) return;
        for (var i = 0; i < to.Length; i++) to[i] += Math.Max(0, counts[i]);
    }

    private static double Share(long[] counts, long requests, int slot) => Math.Min(1, counts[slot] / (double)requests);

    public void Save(StateWriter to)
    {
        to.Count(stableRequests);
        to.Count(candidateRequests);
        foreach (var count in stable) to.Count(count);
        foreach (var count in candidate) to.Count(count);
    }

    public void Load(ref StateReader from)
    {
        (stableRequests, candidateRequests) = (from.Count(), from.Count());
        for (var i = 0; i < stable.Length; i++) stable[i] = from.Count();
        for (var i = 0; i < candidate.Length; i++) candidate[i] = from.Count();
    }
}
