namespace TrafficCtl.Core.Judging;

internal enum PairForm
{
    /// <summary>Boundary p_C = ρ p_B + δ.</summary>
    Rate,

    /// <summary>Boundary p_C = p_B, by odds.</summary>
    Proportion,
}

/// <summary>The one primitive: an e-process for a boundary between two rates, from pairs of counts a tick.</summary>
/// <remarks>
/// Statistics 3.1, after Turner, Ly and Grünwald: each bet is a likelihood ratio against the projection of its
/// alternative on the boundary, so its mean is at most one on the whole null, whatever the arms' heterogeneity.
/// </remarks>
internal sealed class PairE(PairForm form, double[] multipliers, double rho, double delta, double logCap)
{
    private readonly Wealth wealth = new(multipliers.Length, logCap);
    private double rho = rho;

    public double LogE => wealth.LogE;

    public ReadOnlySpan<double> Weights => wealth.Weights;

    public double Rho => rho;

    public double Delta => delta;

    /// <summary>Another ρ for the ticks to come, known before them: the null stays "on its side of the boundary at every tick".</summary>
    public void Tilt(double to) => rho = to;

    /// <param name="stableRate">A prediction of stable's rate, made before this tick.</param>
    public void Step(in PairCounts pair, double stableRate, double phi, double share)
    {
        if (!pair.IsPair)
        {
            wealth.Rest(share);
            return;
        }

        Span<double> logs = stackalloc double[Bets.Most];
        logs = logs[..multipliers.Length];
        for (var j = 0; j < logs.Length; j++) logs[j] = LogOf(pair, multipliers[j], stableRate);
        wealth.Step(logs, phi, share);
    }

    private double LogOf(in PairCounts pair, double multiplier, double stableRate)
    {
        if (form == PairForm.Rate) return RateLog(pair, multiplier * ((rho * stableRate) + delta), stableRate, rho, delta);
        var odds = multiplier * stableRate / (1 - stableRate);
        return ProportionLog(pair, odds / (1 + odds), stableRate);
    }

    /// <summary>ln e of the rate form; 0 unless both arms saw requests.</summary>
    public static double RateLog(in PairCounts pair, double candidateRate, double stableRate, double rho, double delta)
    {
        if (!pair.IsPair) return 0;
        var projected = Project(pair.CandidateN, pair.StableN, candidateRate, stableRate, rho, delta);
        var candidate = candidateRate / ((rho * projected) + delta);
        return (pair.CandidateX * Math.Log(candidate)) + (pair.StableX * Math.Log(stableRate / projected))
            - (pair.CandidateN * delta * (candidate - 1));
    }

    /// <summary>b*, stable's rate of the point on the boundary nearest (in divergence) to the alternative.</summary>
    public static double Project(double candidateN, double stableN, double candidateRate, double stableRate, double rho, double delta)
    {
        var a = rho * ((rho * candidateN) + stableN);
        var b = (delta * ((rho * candidateN) + stableN)) - (rho * ((candidateN * candidateRate) + (stableN * stableRate)));
        var c = -stableN * stableRate * delta;
        var root = Math.Sqrt((b * b) - (4 * a * c));
        var projected = b <= 0 ? (root - b) / (2 * a) : -2 * c / (b + root);
        return projected > 0 ? projected : 1e-300;
    }

    /// <summary>ln e of the proportion form; 0 unless both arms saw requests.</summary>
    public static double ProportionLog(in PairCounts pair, double candidateRate, double stableRate)
    {
        if (!pair.IsPair) return 0;
        var pooled = ((pair.CandidateN * candidateRate) + (pair.StableN * stableRate)) / (pair.CandidateN + pair.StableN);
        return (pair.CandidateX * Math.Log(candidateRate / pooled))
            + ((pair.CandidateN - pair.CandidateX) * Math.Log((1 - candidateRate) / (1 - pooled)))
            + (pair.StableX * Math.Log(stableRate / pooled))
            + ((pair.StableN - pair.StableX) * Math.Log((1 - stableRate) / (1 - pooled)));
    }

    public void Save(StateWriter to) => wealth.Save(to);

    public void Load(ref StateReader from) => wealth.Load(ref from);
}
