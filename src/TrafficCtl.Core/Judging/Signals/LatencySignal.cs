using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// One quantile of latency, as counts: the candidate's requests slower than tolerance × u against stable's slower than u.
/// </summary>
/// <remarks>
/// Statistics 3.4. u is where stable's quantile lies, from data before the tick; it is drawn again, at most once a
/// minute, when stable's share above it leaves [½, 2] × what it was. In fine buckets u is shifted by whole buckets
/// (proxy: 5 % is 3, 10 % is 6) and the shares must be equal. Coarse buckets cannot be shifted, so the ratio is: the
/// shares slower than one u may differ by tolerance^κ, with κ the slope of stable's tail; harm takes the steeper of the
/// two neighbouring slopes, non-inferiority the flatter one, each the careful side. An incident that stable's errors
/// show tempers latency too: it strikes the arms unevenly while the share above a middle quantile hardly moves.
/// A request that its client abandoned is a sample cut short. For harm, and on stable always, it counts as slower than the
/// boundaries below its time, which it is; for non-inferiority one of the candidate counts as slower than every boundary.
/// Both are on the careful side: arms that are abandoned alike have the same distribution, and a candidate that makes its
/// clients leave is never shown to be as quick as the answers of those that stayed.
/// </remarks>
internal sealed class LatencySignal : Signal
{
    private const double RedrawSeconds = 60;

    private readonly Analysis analysis;
    private readonly ErrorSignal errors;
    private readonly LatencyLayout layout;
    private readonly Dispersion dispersion;
    private readonly RateEstimate stableRate = new(0.5, 50);
    private readonly AaGuard placebos;
    private readonly ShiftCS? ratio;
    private double sinceDrawn;

    public LatencySignal(LatencyLevel level, Analysis analysis, Weighting weighting, ErrorSignal errors, Baseline past, Scatters carried)
        : base(level.Name, weighting.LatencyCritical, weighting.Latency * level.Share)
    {
        (Level, this.analysis, this.errors, layout) = (level, analysis, errors, past.Layout);
        Tolerance = LatencyMargins.Of(analysis, layout);
        Harm = MakeHarm();
        NonInferiority = level.IsShown ? [.. Margins.Multipliers.Select(_ => MakeShown())] : [];
        Historical = new HistoricalE(Caps.Past(analysis, Weight));
        dispersion = new Dispersion(Spread.Latency, analysis.Tick.TotalSeconds, carried);
        placebos = new AaGuard(MakeHarm);
        ratio = layout.IsFine ? new ShiftCS(layout.LogRatio) : null;

        PairE MakeHarm() => layout.IsFine
            ? new(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, Weight))
            : new(PairForm.Rate, Bets.Harm, 1, 0, Caps.Harm(analysis, Weight));
        PairE MakeShown() => layout.IsFine
            ? new(PairForm.Proportion, Bets.NonInferiorityOdds, 1, 0, Caps.NonInferiority(analysis))
            : new(PairForm.Rate, Bets.NonInferiority, 1, 0, Caps.NonInferiority(analysis));
    }

    public LatencyLevel Level { get; }

    public LatencyMargins Tolerance { get; }

    public PairE Harm { get; }

    /// <summary>One per multiplier of <see cref="Margins"/>; empty when the level is watched for harm only.</summary>
    public PairE[] NonInferiority { get; }

    public HistoricalE Historical { get; }

    public LatencyBoundary? Boundary { get; private set; }

    /// <summary>Requests slower than the boundary (the candidate's: shifted by the harm tolerance) since it was drawn.</summary>
    public PairCounts Seen { get; private set; }

    public Phi Phi => dispersion.Last;

    public Scatters Scatter => dispersion.Scatters;

    public double StableRate => stableRate.Value;

    public override double PastWeight => Weight;

    public override double HarmLogE => Harm.LogE;

    public override double PastLogE => Historical.LogE;

    public override double PlaceboLogE => placebos.DivisorLogE(0);

    public override bool HasMargins => NonInferiority.Length > 0;

    public override double ShownLogE(int margin) => NonInferiority[margin].LogE;

    // The candidate's are counted beyond the tolerance already where u is shifted.
    public override bool IsNoise => placebos.Explains(Harm.Rho, 0, clump: 1);

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (look.SkipsLatency || look.Elapsed <= analysis.LatencyWarmUp.TotalSeconds) return;
        Draw(past, look.Seconds);
        if (Boundary is not { } boundary) return;
        var candidate = tick.Candidate;
        var pair = PairCounts.OfLatency(tick) with
        {
            CandidateX = boundary.Count(candidate, Tolerance.HarmShift),
            StableX = boundary.Count(tick.Stable, 0),
        };
        var phi = dispersion.Step(pair, look.CandidateWeight, stableRate.Value, look.Seconds, new Phi(1, 1), errors.Incident);
        Harm.Step(pair, stableRate.Value, phi.Harm, look.Share);
        if (!look.HarmOnly)
        {
            for (var m = 0; m < NonInferiority.Length; m++)
            {
                var shifted = pair with { CandidateX = boundary.CountAtMost(candidate, Tolerance.Shift(m)) };
                NonInferiority[m].Step(shifted, stableRate.Value, phi.NonInferiority, look.Share);
            }
        }

        ratio?.Step(pair, candidate, boundary.Bucket, boundary.Part, stableRate.Value, phi.Harm);
        placebos.Observe(pair, look.Seconds, tick.Placebos?.Length ?? 0);
        if (tick.Placebos is { } groups) ObservePlacebos(groups, pair, boundary, phi.Harm, look);
        stableRate.Update(pair.StableX, pair.StableN, look.Seconds);
        Seen = Seen.Plus(pair);
    }

    private void ObservePlacebos(Counts[] groups, in PairCounts pair, LatencyBoundary boundary, double phi, in Look look)
    {
        for (var i = 0; i < groups.Length && i < Tick.MostPlacebos; i++)
        {
            var group = groups[i];
            var requests = Math.Min(Tails.Requests(group), pair.StableN);
            var slow = Math.Min(boundary.Count(group, 0), pair.StableX);
            var shifted = Math.Min(boundary.Count(group, Tolerance.HarmShift), slow);
            var compared = new PairCounts(requests, shifted, pair.StableN - requests, pair.StableX - slow);
            var step = new PairStep(compared, stableRate.Value, phi);
            placebos.Observe(i, step, step, slow, look, isWarm: true);
        }
    }

    /// <summary>The share of slow requests that the frozen past allows; NaN while it holds too little.</summary>
    public double Limit(Baseline past) =>
        Boundary is { } boundary ? (Tolerance.HistoricalRatio(boundary) * boundary.Count(past, 0) / past.LatencyTotal) + 0.01 : double.NaN;

    public override void ObservePast(in Tick tick, Baseline past, in Look look)
    {
        if (look.SkipsLatency || look.Elapsed <= analysis.LatencyWarmUp.TotalSeconds) return;
        Draw(past, look.Seconds);
        if (Boundary is not { } boundary || past.LatencyTotal < LatencyBoundary.LeastHistory) return;
        var candidate = tick.Candidate;
        Historical.Step(Tails.Requests(candidate), boundary.Count(candidate, Tolerance.HistoricalShift), Limit(past), Phi.Harm, look.Share);
    }

    private void Draw(Baseline past, double seconds)
    {
        sinceDrawn += seconds;
        if (past.LatencyTotal < LatencyBoundary.LeastHistory) return;
        if (Boundary is { } present)
        {
            if (sinceDrawn < RedrawSeconds || (StableRate >= present.Share / 2 && StableRate <= present.Share * 2)) return;
        }

        sinceDrawn = 0;
        if (LatencyBoundary.At(past, Level.Quantile, Tolerance.MostHarmShift) is not { } drawn || drawn == Boundary) return;
        Boundary = drawn;
        Tilt(drawn);
        Seen = default;
        stableRate.Begin(drawn.Count(past, 0), past.LatencyTotal, past.Seconds);
    }

    private void Tilt(LatencyBoundary drawn)
    {
        if (layout.IsFine) return;
        Harm.Tilt(Tolerance.HarmRatio(drawn));
        placebos.Tilt(Tolerance.HarmRatio(drawn));
        for (var m = 0; m < NonInferiority.Length; m++) NonInferiority[m].Tilt(Tolerance.Ratio(drawn, m));
    }

    public override double SecondsToShow(Evidence evidence, int margin, double bound)
    {
        var past = evidence.Past;
        if (past.LatencyTotal < LatencyBoundary.LeastHistory) return double.PositiveInfinity;
        if ((Boundary ?? LatencyBoundary.At(past, Level.Quantile, Tolerance.MostHarmShift)) is not { } boundary)
            return double.PositiveInfinity;
        var stable = Math.Clamp(boundary.Count(past, 0) / past.LatencyTotal, 1e-6, 0.98);
        var growth = layout.IsFine
            ? Growth.OfProportion(
                boundary.Count(past, Tolerance.Shift(margin)) / past.LatencyTotal, stable, evidence.CandidateRps, evidence.StableRps)
            : Growth.OfRate(stable, stable, Tolerance.Ratio(boundary, margin), 0, evidence.CandidateRps, evidence.StableRps);
        return Growth.Remaining(NonInferiority[margin].LogE, bound, growth / Phi.NonInferiority)
            + Math.Max(0, analysis.LatencyWarmUp.TotalSeconds - evidence.Elapsed);
    }

    public override bool IsBeyond(Evidence evidence, int margin) => QuantileWords(evidence).Ratio.Estimate > Tolerance.Factor(margin);

    public override Finding Find(Evidence evidence, int margin)
    {
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = ErrorSignal.Samples(Seen);
        var (ratios, quantiles) = QuantileWords(evidence);
        var slower = Boundary is { } u
            ? $"slower than {SignalWords.Bound(u.Seconds(layout, Tolerance.HarmShift), layout)}: {SignalWords.Of(candidate)} against "
                + $"{SignalWords.Of(stable)} "
              + $"slower than {SignalWords.Bound(u.Seconds(layout, 0), layout)}{evidence.WhereWords}"
              + $"{(layout.IsFine ? "" : " (coarse buckets: approximate)")}; "
            : "not compared yet; ";
        var text = $"{quantiles}; {slower}{proof.Text(HasMargins ? Tolerance.Words(margin) : null)}";
        return new Finding(Name, proof.Verdict, ratios.Estimate, ratios.Low, ratios.High, proof.LogE, proof.Bound, stable, candidate, text);
    }

    public override Finding? FindPast(Evidence evidence)
    {
        var past = evidence.Past;
        var proof = Proof.OfPast(evidence, this);
        var stable = Boundary is { } drawn ? new Sample(drawn.Count(past, 0), past.LatencyTotal) : default;
        var (ratios, quantiles) = QuantileWords(evidence);
        var slower = Boundary is { } u
            ? $"slower than {SignalWords.Bound(u.Seconds(layout, Tolerance.HistoricalShift), layout)}: {SignalWords.Of(Historical.Seen)}, "
                + "at most "
              + $"{NumberText.Percent(Limit(past))}; "
            : "not compared yet; ";
        var text = $"{quantiles}; {slower}{proof.HarmText}";
        return new Finding(
            Name + Proof.PastSuffix, proof.Verdict, ratios.Estimate, double.NaN, double.NaN, proof.LogE, proof.Bound, stable,
            Historical.Seen, text);
    }

    /// <summary>The ratio of the quantile with its anytime-valid interval, and both in words.</summary>
    private (RatioInterval Ratio, string Text) QuantileWords(Evidence evidence)
    {
        var interval = ratio?.Interval(0.05) ?? new RatioInterval(double.NaN, double.NaN, double.NaN);
        var (candidate, stable) = (Quantiles.Of(evidence.CandidateLatency, Level.Quantile), evidence.Past.Quantile(Level.Quantile));
        if (double.IsNaN(candidate) || double.IsNaN(stable)) return (interval, $"candidate {Level.Short} unknown");
        // What was seen lately may lie outside of what holds at all looks together; then that has the word.
        var lately = double.IsFinite(candidate) && double.IsFinite(stable) ? candidate / stable : double.NaN;
        if (double.IsNaN(interval.Estimate) || (lately >= interval.Low && lately <= interval.High))
            interval = interval with { Estimate = lately };
        // Before and after another u the shifts may contradict each other.
        if (interval.Low > interval.High) interval = interval with { Low = double.NaN, High = double.NaN };
        if (double.IsPositiveInfinity(interval.High)) interval = interval with { High = double.NaN };
        var known = double.IsNaN(interval.Low) || double.IsNaN(interval.High)
            ? ""
            : $" (× {NumberText.Factor(interval.Estimate)}, 95 % interval {NumberText.Factor(interval.Low)} to "
                + $"{NumberText.Factor(interval.High)})";
        return (interval, $"candidate {Level.Short} {SignalWords.Latency(candidate, layout)} against "
            + $"{SignalWords.Latency(stable, layout)}{known}");
    }

    public override void Save(StateWriter to)
    {
        dispersion.Save(to);
        stableRate.Save(to);
        Harm.Save(to);
        foreach (var process in NonInferiority) process.Save(to);
        Historical.Save(to);
        Seen.Save(to);
        placebos.Save(to);
        ratio?.Save(to);
        to.Double(sinceDrawn);
        to.Count(Boundary is { } drawn ? drawn.Bucket + 1 : 0);
        if (Boundary is { } b) to.Doubles([b.Part, b.Share, b.Steep, b.Flat]);
    }

    public override void Load(ref StateReader from)
    {
        dispersion.Load(ref from);
        stableRate.Load(ref from);
        Harm.Load(ref from);
        foreach (var process in NonInferiority) process.Load(ref from);
        Historical.Load(ref from);
        Seen = PairCounts.Load(ref from);
        placebos.Load(ref from);
        ratio?.Load(ref from);
        sinceDrawn = from.Double();
        var bucket = from.Index(layout.Count + 1) - 1;
        if (bucket < 0) return;
        var drawn = new LatencyBoundary(bucket, from.Double(), from.Double(), from.Double(), from.Double());
        Boundary = drawn;
        Tilt(drawn);
    }
}
