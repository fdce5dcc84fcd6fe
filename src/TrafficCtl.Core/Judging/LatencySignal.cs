using System.Globalization;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <param name="Quantile">p50, p90 or the named one.</param>
/// <param name="Share">Its weight within latency.</param>
/// <param name="IsShown">It must be shown no worse; otherwise it is watched for harm only.</param>
internal readonly record struct LatencyLevel(double Quantile, double Share, bool IsShown)
{
    /// <summary>p50, p90 and the named quantile; the named one takes p90's place when it is p90.</summary>
    public static LatencyLevel[] Of(Analysis analysis)
    {
        var named = analysis.Latency.Quantile;
        return Math.Abs(named - 0.9) < 1e-9
            ? [new(0.5, 0.3, true), new(named, 0.7, true)]
            : [new(0.5, 0.3, true), new(0.9, 0.3, false), new(named, 0.4, true)];
    }

    public string Name => "latency p" + (Quantile * 100).ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>One quantile of latency, as counts: the candidate's requests slower than tolerance × u against stable's slower than u.</summary>
/// <remarks>
/// Statistics 3.4. u is where stable's quantile lies, from data before the tick; it is drawn again, at most once a
/// minute, when stable's share above it leaves [½, 2] × (1 − q). Shifts are whole buckets: 5 % is 3, 10 % is 6.
/// </remarks>
internal sealed class LatencySignal
{
    private const double RedrawSeconds = 60;

    private readonly LatencyLayout layout;
    private readonly int[] shifts;
    private readonly int historicalShift;
    private readonly Dispersion dispersion;
    private readonly RateEstimate stableRate = new(0.5, 50);
    private double sinceDrawn;

    public LatencySignal(LatencyLevel level, Analysis analysis, LatencyLayout layout, double weight)
    {
        this.layout = layout;
        Level = level;
        var tolerance = analysis.Latency.WorseBy;
        HarmShift = Margins.Buckets(layout, tolerance / 2);
        shifts = [.. Margins.Multipliers.Select(m => Margins.Buckets(layout, tolerance * m))];
        historicalShift = Margins.Buckets(layout, tolerance / 2 * 3);
        Harm = new PairE(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, weight));
        NonInferiority = level.IsShown
            ? [.. shifts.Select(_ => new PairE(PairForm.Proportion, Bets.NonInferiorityOdds, 1, 0, Caps.NonInferiority(analysis)))]
            : [];
        Historical = new HistoricalE(Caps.Harm(analysis, weight));
        dispersion = new Dispersion(Spread.Latency, analysis.Tick.TotalSeconds);
    }

    public LatencyLevel Level { get; }

    public int HarmShift { get; }

    public PairE Harm { get; }

    /// <summary>One per multiplier of <see cref="Margins"/>; empty when the level is watched for harm only.</summary>
    public PairE[] NonInferiority { get; }

    public HistoricalE Historical { get; }

    public LatencyBoundary? Boundary { get; private set; }

    /// <summary>Requests slower than the boundary (the candidate's: shifted by the harm tolerance) since it was drawn.</summary>
    public PairCounts Seen { get; private set; }

    public Phi Phi => dispersion.Last;

    public double StableRate => stableRate.Value;

    public int Shift(int margin) => shifts[margin];

    public int HistoricalShift => historicalShift;

    public void Observe(in Tick tick, in PairCounts requests, Baseline past, in Look look)
    {
        Draw(past, look.Seconds);
        if (Boundary is not { } boundary) return;
        var candidate = tick.Candidate.Latency;
        var pair = requests with
        {
            CandidateX = boundary.Count(candidate, HarmShift),
            StableX = boundary.Count(tick.Stable.Latency, 0),
        };
        var phi = dispersion.Step(pair, look.CandidateWeight, stableRate.Value, look.Seconds, new Phi(1, 1));
        Harm.Step(pair, stableRate.Value, phi.Harm, look.Share);
        if (!look.HarmOnly)
        {
            for (var m = 0; m < NonInferiority.Length; m++)
            {
                var shifted = pair with { CandidateX = boundary.Count(candidate, shifts[m]) };
                NonInferiority[m].Step(shifted, stableRate.Value, phi.NonInferiority, look.Share);
            }
        }

        stableRate.Update(pair.StableX, pair.StableN, look.Seconds);
        Seen = Seen.Plus(pair);
    }

    /// <summary>The share of slow requests that the frozen past allows; NaN while it holds too little.</summary>
    public double Limit(Baseline past) =>
        Boundary is { } boundary ? (boundary.Count(past, 0) / past.LatencyTotal) + 0.01 : double.NaN;

    public void ObserveHistorical(Counts candidate, double requests, Baseline past, in Look look)
    {
        Draw(past, look.Seconds);
        if (Boundary is not { } boundary) return;
        Historical.Step(requests, boundary.Count(candidate.Latency, historicalShift), Limit(past), Phi.Harm, look.Share);
    }

    private void Draw(Baseline past, double seconds)
    {
        sinceDrawn += seconds;
        if (past.LatencyTotal < LatencyBoundary.LeastHistory) return;
        if (Boundary is not null)
        {
            var outside = 1 - Level.Quantile;
            if (sinceDrawn < RedrawSeconds || (StableRate >= outside / 2 && StableRate <= outside * 2)) return;
        }

        sinceDrawn = 0;
        var drawn = LatencyBoundary.At(past, Level.Quantile);
        if (drawn == Boundary) return;
        Boundary = drawn;
        Seen = default;
        stableRate.Begin(drawn.Count(past, 0), past.LatencyTotal, past.Seconds);
    }

    public void Save(StateWriter to)
    {
        dispersion.Save(to);
        stableRate.Save(to);
        Harm.Save(to);
        foreach (var process in NonInferiority) process.Save(to);
        Historical.Save(to);
        Seen.Save(to);
        to.Double(sinceDrawn);
        to.Count(Boundary is { } drawn ? drawn.Bucket + 1 : 0);
        to.Double(Boundary?.Part ?? 0);
    }

    public void Load(ref StateReader from)
    {
        dispersion.Load(ref from);
        stableRate.Load(ref from);
        Harm.Load(ref from);
        foreach (var process in NonInferiority) process.Load(ref from);
        Historical.Load(ref from);
        Seen = PairCounts.Load(ref from);
        sinceDrawn = from.Double();
        var bucket = from.Index(layout.Count + 1) - 1;
        var part = from.Double();
        Boundary = bucket >= 0 ? new LatencyBoundary(bucket, part) : null;
    }
}
