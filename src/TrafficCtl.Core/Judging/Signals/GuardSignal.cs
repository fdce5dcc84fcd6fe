using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// The guard: the same failures, and requests whose clients left later than stable usually answers, against 3 × stable + 1 pp, from
/// the first request on. Always critical; never shown, only watched.
/// </summary>
internal sealed class GuardSignal(ErrorSignal errors, Weighting weighting) : Signal("guard", isCritical: true, weighting.Guard)
{
    public override double HarmLogE => errors.Guard.LogE;

    public override double PlaceboLogE => errors.GuardPlaceboLogE;

    public override long FailingUsers(in UserCounts candidate) => candidate.Failing;

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        // The process shares the dispersion of errors, which steps it before it is warm.
    }

    public override Finding Find(Evidence evidence, int margin)
    {
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = ErrorSignal.Samples(errors.Guarded);
        // The interval is of errors alone.
        var estimate = stable.Rate > 0 ? candidate.Rate / stable.Rate : double.NaN;
        var ratio = errors.GuardsWaits ? new RatioInterval(estimate, double.NaN, double.NaN) : errors.Ratio;
        var counted = errors.GuardsWaits ? "errors, and requests abandoned later than stable usually answers," : "errors";
        var text = $"candidate {counted} {SignalWords.Of(candidate)} against {SignalWords.Of(stable)}{evidence.WhereWords}; "
            + $"more than × 3 + 1 pp: {proof.HarmText}";
        return new Finding(Name, proof.Verdict, ratio.Estimate, ratio.Low, ratio.High, proof.LogE, proof.Bound, stable, candidate, text);
    }

    public override void Save(StateWriter to)
    {
    }

    public override void Load(ref StateReader from)
    {
    }
}
