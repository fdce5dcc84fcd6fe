using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>The error rate: failed requests, where each user counts up to its third failure in ten minutes.</summary>
/// <remarks>
/// Each test has the boundary p_candidate = ρ p_stable + δ (<see cref="PairForm.Rate"/>); μ is one of <see cref="Margins.Multipliers"/>.
/// Harm: ρ = 1.10, δ = tolerance / 5. Non-inferiority: ρ = 1 + 0.1 μ, δ = tolerance × μ. Guard (<see cref="GuardSignal"/> and
/// <see cref="GuardCounts"/>): ρ = 3, δ = 1 percentage point, without a warm-up. Against the frozen past see <see cref="Limit"/>: three
/// times the harm tolerance + 1 percentage point.
/// </remarks>
internal sealed class ErrorSignal : Signal
{
    private const double GuardRho = 3, GuardDelta = 0.01;
    private static readonly Phi None = new(1, 1);

    private readonly Analysis analysis;
    private readonly Weighting weighting;
    private readonly Dispersion dispersion;
    private readonly RateEstimate rate = new(0.5, 500);
    private readonly RatioCS ratio = new();
    private readonly AaGuard placebos;
    private readonly GuardCounts guarded;
    private double clump = 1;
    private bool isUncapped;

    public ErrorSignal(Analysis analysis, Weighting weighting, Baseline past)
        : base("errors", weighting.ErrorsCritical, weighting.Errors)
    {
        (this.analysis, this.weighting) = (analysis, weighting);
        var tolerance = analysis.Errors.WorseBy;
        Harm = MakeHarm();
        Guard = MakeGuard();
        NonInferiority = [.. Margins.Multipliers.Select(m => new PairE(
            PairForm.Rate, Bets.NonInferiority, 1 + (0.1 * m), tolerance * m, Caps.NonInferiority(analysis)))];
        Historical = new HistoricalE(Caps.Past(analysis, weighting.HistoricalErrors));
        dispersion = new Dispersion(Spread.Errors, analysis.Tick.TotalSeconds, past.ErrorScatter.Carried);
        placebos = new AaGuard(MakeHarm, MakeGuard);
        guarded = new GuardCounts(analysis.Tick.TotalSeconds);
        rate.Begin(past.Failures, past.Requests, past.Seconds);

        PairE MakeHarm() => new(PairForm.Rate, Bets.Harm, 1.10, tolerance / 5, Caps.Harm(analysis, weighting.Errors));
        PairE MakeGuard() => new(PairForm.Rate, Bets.Harm, GuardRho, GuardDelta, Caps.Harm(analysis, weighting.Guard));
    }

    public PairE Harm { get; }

    public PairE Guard { get; }

    /// <summary>One per multiplier of <see cref="Margins"/>.</summary>
    public PairE[] NonInferiority { get; }

    public HistoricalE Historical { get; }

    /// <summary>Totals of both arms over all ticks so far.</summary>
    public PairCounts Seen { get; private set; }

    /// <summary>The same totals as the guard counts them, including requests that were abandoned late.</summary>
    public PairCounts Guarded => guarded.Seen(Seen);

    /// <summary>
    /// The guard has counted a request that was abandoned late, so <see cref="Guarded"/> differs from <see cref="Seen"/>.
    /// </summary>
    public bool GuardsWaits => guarded.IsApart;

    /// <summary>The error ratio, stratified by tick.</summary>
    public MantelHaenszel Strata { get; } = new();

    public Phi Phi => dispersion.Last;

    public Scatters Scatter => dispersion.Scatters;

    /// <summary>How far stable is above its usual error rate now, as a divisor of the evidence; 1 without an incident.</summary>
    public Phi Incident => dispersion.Incident;

    public double StableRate => rate.Value;

    public override double PastWeight => weighting.HistoricalErrors;

    public override double HarmLogE => Harm.LogE;

    public override double PastLogE => Historical.LogE;

    public override double PlaceboLogE => placebos.DivisorLogE(0);

    public double GuardPlaceboLogE => placebos.DivisorLogE(1);

    public override bool HasMargins => true;

    public override long FailingUsers(in UserCounts candidate) => candidate.Failing;

    /// <summary>
    /// The candidate's error rate divided by stable's, with its 95 % interval; NaN before the first failure. The estimate is the one
    /// stratified by tick if that lies inside the interval.
    /// </summary>
    public RatioInterval Ratio
    {
        get
        {
            if (Seen.CandidateX + Seen.StableX <= 0) return new RatioInterval(double.NaN, double.NaN, double.NaN);
            var interval = ratio.Interval(0.05);
            var stratified = Strata.Ratio;
            return stratified >= interval.Low && stratified <= interval.High ? interval with { Estimate = stratified } : interval;
        }
    }

    public override double ShownLogE(int margin) => NonInferiority[margin].LogE;

    public override bool IsNoise => placebos.Explains(Harm.Rho, Harm.Delta, clump);

    public override void Learn(in Tick tick)
    {
        var pair = PairCounts.OfErrors(tick);
        guarded.Learn(tick, pair, this);
        rate.Update(pair.StableX, pair.StableN, tick.Seconds);
    }

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        var pair = PairCounts.OfErrors(tick);
        var isWarm = look.Elapsed > analysis.ErrorWarmUp.TotalSeconds;
        guarded.Part(tick, this);
        var phi = dispersion.Step(pair, look.CandidateWeight, rate.Value, look.Seconds, look.Floors, None);
        var step = new PairStep(pair, rate.Value, phi.Harm);
        var guard = guarded.Step(tick, step, look);
        Guard.Step(guard.Pair, guard.StableRate, guard.Phi, look.Share);
        if (isWarm)
        {
            Harm.Step(pair, rate.Value, phi.Harm, look.Share);
            if (!look.HarmOnly)
                foreach (var process in NonInferiority) process.Step(pair, rate.Value, phi.NonInferiority, look.Share);
            ratio.Step(pair, phi.Harm);
        }

        clump = look.Floors.Harm;
        isUncapped = tick.IsUncapped;
        placebos.Observe(pair, look.Seconds, tick.Placebos?.Length ?? 0);
        if (tick.Placebos is { } groups) ObservePlacebos(groups, step, guard, look, isWarm);
        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        Strata.Step(pair);
        Seen = Seen.Plus(pair);
    }

    private void ObservePlacebos(Counts[] groups, in PairStep step, in PairStep guard, in Look look, bool isWarm)
    {
        for (var i = 0; i < groups.Length && i < Tick.MostPlacebos; i++)
        {
            var requests = Math.Clamp(groups[i].Weighed, 0, step.Pair.StableN);
            var failures = Math.Clamp(groups[i].CappedFailures, 0, Math.Min(requests, step.Pair.StableX));
            var late = Math.Clamp(groups[i].CappedLate, 0, guard.Pair.StableX - failures);
            placebos.Observe(i, Apart(step, requests, failures), Apart(guard, requests + late, failures + late), failures, look, isWarm);
        }

        // Treats the group as the candidate, and the rest of stable as stable.
        static PairStep Apart(in PairStep of, double requests, double events) =>
            of with { Pair = new PairCounts(requests, events, of.Pair.StableN - requests, of.Pair.StableX - events) };
    }

    /// <summary>The highest error rate (0 to 1) that is tolerated of the candidate against the frozen past.</summary>
    public double Limit(Baseline past) =>
        ((1 + (3 * (Harm.Rho - 1))) * (past.Failures + 0.5) / (past.Requests + 500)) + (3 * Harm.Delta) + 0.01;

    public override void ObservePast(in Tick tick, Baseline past, in Look look)
    {
        if (past.Requests < LatencyBoundary.LeastHistory) return;
        var pair = PairCounts.OfErrors(tick);
        Historical.Step(pair.CandidateN, pair.CandidateX, Limit(past), Math.Max(Phi.Harm, look.Floors.Harm), look.Share);
    }

    public override double SecondsToShow(Evidence evidence, int margin, double bound)
    {
        var shown = NonInferiority[margin];
        var growth = Growth.OfRate(StableRate, StableRate, shown.Rho, shown.Delta, evidence.CandidateRps, evidence.StableRps);
        return Growth.Remaining(shown.LogE, bound, growth / Phi.NonInferiority)
            + Math.Max(0, analysis.ErrorWarmUp.TotalSeconds - evidence.Elapsed);
    }

    public override bool IsBeyond(Evidence evidence, int margin) => NonInferiority[margin].IsBeyond(Seen);

    public override Finding Find(Evidence evidence, int margin)
    {
        var shown = NonInferiority[margin];
        var ratios = Ratio;
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = Samples(Seen);
        var interval = double.IsNaN(ratios.Estimate)
            ? ""
            : $" (× {NumberText.Factor(ratios.Estimate)}, 95 % interval {NumberText.Factor(ratios.Low)} to "
                + $"{NumberText.Factor(ratios.High)})";
        var text = $"candidate errors {SignalWords.Of(candidate)} against {SignalWords.Of(stable)}{evidence.WhereWords}{interval}; "
            + proof.Text($"× {NumberText.Factor(shown.Rho)} + {NumberText.Points(shown.Delta)}") + SightWords(evidence, proof.Verdict)
            + (isUncapped ? "; every failure counts, for fewer than 4 users make half of the traffic" : "");
        return new Finding(Name, proof.Verdict, ratios.Estimate, ratios.Low, ratios.High, proof.LogE, proof.Bound, stable, candidate, text);
    }

    /// <summary>
    /// How long it would take at this traffic to detect an error rate that is worse by the tolerance; empty when the candidate has failed
    /// already or is not compared with concurrent traffic of stable.
    /// </summary>
    private string SightWords(Evidence evidence, Verdict verdict)
    {
        if (verdict == Verdict.Fail || evidence.Mode != ComparedWith.Stable || evidence.CandidateRps <= 0 || evidence.StableRps <= 0)
            return "";
        var worse = StableRate + analysis.Errors.WorseBy;
        var growth = Growth.OfRate(worse, StableRate, Harm.Rho, Harm.Delta, evidence.CandidateRps, evidence.StableRps) / Phi.Harm;
        var seconds = Growth.Eta(growth, analysis.Alpha * Weight);
        return seconds < 30 * 86_400.0
            ? $"; at this traffic +{NumberText.Points(analysis.Errors.WorseBy)} would be seen in about "
                + $"{DurationText.About(TimeSpan.FromSeconds(seconds))}"
            : $"; at this traffic +{NumberText.Points(analysis.Errors.WorseBy)} could not be seen within a month";
    }

    public override Finding? FindPast(Evidence evidence)
    {
        var past = evidence.Past;
        var proof = Proof.OfPast(evidence, this);
        var stable = new Sample(past.Failures, past.Requests);
        var text = $"candidate errors {SignalWords.Of(Historical.Seen)} against {SignalWords.Of(stable)} of stable's past, at most "
            + $"{NumberText.Percent(Limit(past))}; {proof.HarmText}";
        var ratios = stable.Rate > 0 && Historical.Seen.Requests > 0 ? Historical.Seen.Rate / stable.Rate : double.NaN;
        return new Finding(
            Name + Proof.PastSuffix, proof.Verdict, ratios, double.NaN, double.NaN, proof.LogE, proof.Bound, stable, Historical.Seen, text);
    }

    /// <summary>Copies the dispersion and stable's rate for the guard, which keeps its own from here on.</summary>
    internal void CopyTo(Dispersion spread, RateEstimate stable)
    {
        spread.CopyFrom(dispersion);
        stable.CopyFrom(rate);
    }

    internal static (Sample Stable, Sample Candidate) Samples(in PairCounts seen) =>
        (new Sample(seen.StableX, seen.StableN), new Sample(seen.CandidateX, seen.CandidateN));

    public override void Save(StateWriter to)
    {
        dispersion.Save(to);
        rate.Save(to);
        ratio.Save(to);
        Harm.Save(to);
        Guard.Save(to);
        foreach (var process in NonInferiority) process.Save(to);
        Historical.Save(to);
        Seen.Save(to);
        Strata.Save(to);
        placebos.Save(to);
        to.Double(clump);
        guarded.Save(to);
        to.Count(isUncapped ? 1 : 0);
    }

    public override void Load(ref StateReader from)
    {
        dispersion.Load(ref from);
        rate.Load(ref from);
        ratio.Load(ref from);
        Harm.Load(ref from);
        Guard.Load(ref from);
        foreach (var process in NonInferiority) process.Load(ref from);
        Historical.Load(ref from);
        Seen = PairCounts.Load(ref from);
        Strata.Load(ref from);
        placebos.Load(ref from);
        clump = from.Double();
        if (from.Layout >= Judge.LayoutWithWaits) guarded.Load(ref from);
        if (from.Layout >= Judge.LayoutWithUsers) isUncapped = from.Index(2) == 1;
    }
}
