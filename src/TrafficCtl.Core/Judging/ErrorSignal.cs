namespace TrafficCtl.Core.Judging;

/// <summary>Errors and the guard: failures (three at most per user) of requests.</summary>
/// <remarks>
/// Harm ρ 1.10, δ a fifth of the tolerance; non-inferiority ρ 1 + 0.1 μ, δ the tolerance × μ; guard ρ 3, δ 1 pp,
/// from the first request. Frozen: 3 × the harm tolerance + 1 pp.
/// </remarks>
internal sealed class ErrorSignal
{
    private const double GuardRho = 3, GuardDelta = 0.01;

    private readonly Dispersion dispersion;
    private readonly RateEstimate rate = new(0.5, 500);
    private readonly RatioCS ratio = new();

    public ErrorSignal(Analysis analysis, Weighting weighting)
    {
        var tolerance = analysis.Errors.WorseBy;
        Harm = new PairE(PairForm.Rate, Bets.Harm, 1.10, tolerance / 5, Caps.Harm(analysis, weighting.Errors));
        Guard = new PairE(PairForm.Rate, Bets.Harm, GuardRho, GuardDelta, Caps.Harm(analysis, weighting.Guard));
        NonInferiority = [.. Margins.Multipliers.Select(m => new PairE(
            PairForm.Rate, Bets.NonInferiority, 1 + (0.1 * m), tolerance * m, Caps.NonInferiority(analysis)))];
        Historical = new HistoricalE(Caps.Harm(analysis, weighting.HistoricalErrors));
        dispersion = new Dispersion(Spread.Errors, analysis.Tick.TotalSeconds);
    }

    public PairE Harm { get; }

    public PairE Guard { get; }

    /// <summary>One per multiplier of <see cref="Margins"/>.</summary>
    public PairE[] NonInferiority { get; }

    public HistoricalE Historical { get; }

    /// <summary>All that was seen of both arms.</summary>
    public PairCounts Seen { get; private set; }

    public Phi Phi => dispersion.Last;

    public double StableRate => rate.Value;

    /// <summary>Of the candidate's error rate over stable's, 95 %.</summary>
    public RatioInterval Ratio => Seen.CandidateX + Seen.StableX > 0
        ? ratio.Interval(0.05)
        : new RatioInterval(double.NaN, double.NaN, double.NaN);

    public void Begin(Baseline past) => rate.Begin(past.Failures, past.Requests, past.Seconds);

    /// <summary>Learns stable's rate from a tick before the candidate has traffic.</summary>
    public void Learn(in PairCounts pair, double seconds) => rate.Update(pair.StableX, pair.StableN, seconds);

    public void Observe(in PairCounts pair, in Look look)
    {
        var phi = dispersion.Step(pair, look.CandidateWeight, rate.Value, look.Seconds, look.Floors);
        Guard.Step(pair, rate.Value, phi.Harm, look.Share);
        if (look.IsWarm)
        {
            Harm.Step(pair, rate.Value, phi.Harm, look.Share);
            if (!look.HarmOnly)
                foreach (var process in NonInferiority) process.Step(pair, rate.Value, phi.NonInferiority, look.Share);
            ratio.Step(pair, phi.Harm);
        }

        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        Seen = Seen.Plus(pair);
    }

    /// <summary>The most that the candidate may fail against the frozen past.</summary>
    public double Limit(Baseline past) =>
        ((1 + (3 * (Harm.Rho - 1))) * (past.Failures + 0.5) / (past.Requests + 500)) + (3 * Harm.Delta) + 0.01;

    public void ObserveHistorical(double requests, double failures, Baseline past, in Look look)
    {
        if (past.Requests < LatencyBoundary.LeastHistory) return;
        Historical.Step(requests, failures, Limit(past), Math.Max(Phi.Harm, look.Floors.Harm), look.Share);
    }

    public void Save(StateWriter to)
    {
        dispersion.Save(to);
        rate.Save(to);
        ratio.Save(to);
        Harm.Save(to);
        Guard.Save(to);
        foreach (var process in NonInferiority) process.Save(to);
        Historical.Save(to);
        Seen.Save(to);
    }

    public void Load(ref StateReader from)
    {
        dispersion.Load(ref from);
        rate.Load(ref from);
        ratio.Load(ref from);
        Harm.Load(ref from);
        Guard.Load(ref from);
        foreach (var process in NonInferiority) process.Load(ref from);
        Historical.Load(ref from);
        Seen = PairCounts.Load(ref from);
    }
}
