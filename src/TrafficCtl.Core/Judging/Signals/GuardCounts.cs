using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>What the guard counts: failures, and requests that were abandoned later than stable usually answers.</summary>
/// <remarks>
/// As long as no request was abandoned late these are the counts of errors, and so are their dispersion and the prediction of
/// stable's rate. From the first one on, in either arm, it has its own, which begin where those of errors stand. A client that
/// leaves sooner than stable usually answers says nothing of the version: of an equal one it leaves as many unanswered.
/// </remarks>
internal sealed class GuardCounts(double tickSeconds)
{
    private Dispersion? dispersion;
    private RateEstimate? rate;
    private PairCounts seen;

    /// <summary>A request was abandoned late, so these are no longer the counts of errors.</summary>
    public bool IsApart => dispersion is not null;

    /// <summary>All that was counted of both arms.</summary>
    /// <param name="errors">The same of errors.</param>
    public PairCounts Seen(in PairCounts errors) => IsApart ? seen : errors;

    /// <summary>A tick before the candidate has traffic.</summary>
    public void Learn(in Tick tick, in PairCounts errors, ErrorSignal from)
    {
        Part(tick, from);
        var pair = PairCounts.OfGuard(tick, errors);
        rate?.Update(pair.StableX, pair.StableN, tick.Seconds);
    }

    /// <summary>Before the dispersion of errors absorbs the tick.</summary>
    public void Part(in Tick tick, ErrorSignal from)
    {
        if (IsApart || (tick.Candidate.CappedLate <= 0 && tick.Stable.CappedLate <= 0)) return;
        (dispersion, rate, seen) = (new Dispersion(Spread.Errors, tickSeconds), new RateEstimate(0.5, 500), from.Seen);
        from.CopyTo(dispersion, rate);
    }

    /// <param name="tick">Of both arms.</param>
    /// <param name="errors">What errors step by.</param>
    /// <param name="look">Of the tick.</param>
    /// <returns>What the guard steps by.</returns>
    public PairStep Step(in Tick tick, in PairStep errors, in Look look)
    {
        if (dispersion is null || rate is null) return errors;
        var pair = PairCounts.OfGuard(tick, errors.Pair);
        var phi = dispersion.Step(pair, look.CandidateWeight, rate.Value, look.Seconds, look.Floors, new Phi(1, 1));
        var step = new PairStep(pair, rate.Value, phi.Harm);
        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        seen = seen.Plus(pair);
        return step;
    }

    public void Save(StateWriter to)
    {
        to.Count(IsApart ? 1 : 0);
        dispersion?.Save(to);
        rate?.Save(to);
        if (IsApart) seen.Save(to);
    }

    public void Load(ref StateReader from)
    {
        if (from.Index(2) == 0) return;
        (dispersion, rate) = (new Dispersion(Spread.Errors, tickSeconds), new RateEstimate(0.5, 500));
        dispersion.Load(ref from);
        rate.Load(ref from);
        seen = PairCounts.Load(ref from);
    }
}
