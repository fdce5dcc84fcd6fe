using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>x of n on the candidate and, at the same time, x of n on stable.</summary>
internal readonly record struct PairCounts(double CandidateN, double CandidateX, double StableN, double StableX)
{
    /// <summary>Both arms saw requests, so there is something to compare.</summary>
    public bool IsPair => CandidateN > 0 && StableN > 0;

    /// <summary>
    /// Failures of requests, of every user up to its third failure. Counts that cannot be (negative, more failures than requests) are
    /// cut to what can.
    /// </summary>
    public static PairCounts OfErrors(in Tick tick)
    {
        var (candidate, stable) = (Math.Max(0, tick.Candidate.Weighed), Math.Max(0, tick.Stable.Weighed));
        return new PairCounts(
            candidate, Math.Clamp(tick.Candidate.CappedFailures, 0, candidate),
            stable, Math.Clamp(tick.Stable.CappedFailures, 0, stable));
    }

    /// <summary>Client errors of requests, of every user up to its third one.</summary>
    public static PairCounts OfClientErrors(in Tick tick)
    {
        var (candidate, stable) = (Math.Max(0, tick.Candidate.WeighedClients), Math.Max(0, tick.Stable.WeighedClients));
        return new PairCounts(
            candidate, Math.Clamp(tick.Candidate.CappedClientErrors, 0, candidate),
            stable, Math.Clamp(tick.Stable.CappedClientErrors, 0, stable));
    }

    /// <summary>
    /// Failures, and requests that were abandoned later than stable usually answers; what was abandoned sooner says nothing.
    /// </summary>
    public static PairCounts OfGuard(in Tick tick, in PairCounts errors)
    {
        var (candidate, stable) = (Math.Max(0, tick.Candidate.CappedLate), Math.Max(0, tick.Stable.CappedLate));
        return errors.Plus(new PairCounts(candidate, candidate, stable, stable));
    }

    /// <summary>Requests that say how long they took, or how long at least; the slow ones are still to be counted.</summary>
    public static PairCounts OfLatency(in Tick tick) => new(Tails.Requests(tick.Candidate), 0, Tails.Requests(tick.Stable), 0);

    /// <summary>Whatever was heard of an arm: requests that ended, and those that were abandoned.</summary>
    public static PairCounts Heard(in Tick tick, in PairCounts errors)
    {
        if (tick.Candidate.Abandoned is null && tick.Stable.Abandoned is null) return errors;
        return errors.Plus(new PairCounts(Math.Max(0, tick.Candidate.AbandonedTotal), 0, Math.Max(0, tick.Stable.AbandonedTotal), 0));
    }

    public PairCounts Plus(in PairCounts other) => new(
        CandidateN + other.CandidateN, CandidateX + other.CandidateX, StableN + other.StableN, StableX + other.StableX);

    public void Save(StateWriter to)
    {
        to.MostlyWhole(CandidateN);
        to.MostlyWhole(CandidateX);
        to.MostlyWhole(StableN);
        to.MostlyWhole(StableX);
    }

    public static PairCounts Load(ref StateReader from) =>
        new(from.MostlyWhole(), from.MostlyWhole(), from.MostlyWhole(), from.MostlyWhole());
}
