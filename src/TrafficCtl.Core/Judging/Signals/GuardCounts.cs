using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>What the guard counts: failures, and requests that were abandoned later than stable usually answers.</summary>
/// <remarks>
/// Until a request is abandoned late, in either arm, the guard shares the counts, the dispersion and the predicted stable rate of the
/// error signal. From then on it has its own, which start as copies. A client that leaves sooner than stable usually answers says
/// nothing about the version: it would have left a version that is equally good as well.
/// </remarks>
internal sealed class GuardCounts(double tickSeconds)
{
    private Dispersion? dispersion;
    private RateEstimate? rate;
    private PairCounts seen;

    /// <summary>A request was abandoned late, so the guard no longer shares the counts of the error signal.</summary>
    public bool IsApart => dispersion is not null;

    /// <summary>Totals of both arms so far.</summary>
    /// <param name="errors">The totals of the error signal.</param>
    public PairCounts Seen(in PairCounts errors) => IsApart ? seen : errors;

    /// <summary>Absorbs a tick before the candidate has traffic.</summary>
    public void Learn(in Tick tick, in PairCounts errors, ErrorSignal from)
    {
        Part(tick, from);
        var pair = PairCounts.OfGuard(tick, errors);
        rate?.Update(pair.StableX, pair.StableN, tick.Seconds);
    }

    /// <summary>Separates the guard from the error signal if needed. Call before the dispersion of errors absorbs the tick.</summary>
    public void Part(in Tick tick, ErrorSignal from)
    {
        if (IsApart || (tick.Candidate.CappedLate <= 0 && tick.Stable.CappedLate <= 0)) return;
        (dispersion, rate, seen) = (new Dispersion(Spread.Errors, tickSeconds), new RateEstimate(0.5, 500), from.Seen);
        from.CopyTo(dispersion, rate);
    }

    /// <param name="tick">The tick of both arms.</param>
    /// <param name="errors">What the error signal absorbs.</param>
    /// <param name="look">The look that the tick belongs to.</param>
    /// <returns>What the guard absorbs.</returns>
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
