namespace TrafficCtl.Core.Judging;

/// <summary>One e-process: wealth spread over cash and bets, re-spread a little at each tick, multiplied once a tick.</summary>
/// <remarks>
/// Statistics 3.1. Half the prior is cash. Tempering (φ ≥ 1) and the cap on a tick's growth only lower E.
/// By Ville's inequality P(sup E ≥ 1/α) ≤ α over all looks while each bet's e-variable has a mean of at most one.
/// </remarks>
internal sealed class Wealth
{
    private const double Cash = 0.5;

    private readonly double[] weights;
    private readonly double prior;
    private readonly double logCap;

    /// <param name="bets">Number of bets beside the cash, at most <see cref="Bets.Most"/>.</param>
    /// <param name="logCap">ln of the most that one tick may multiply; infinity for none.</param>
    public Wealth(int bets, double logCap)
    {
        prior = (1 - Cash) / bets;
        this.logCap = logCap;
        weights = new double[bets + 1];
        weights.AsSpan().Fill(prior);
        weights[0] = Cash;
    }

    /// <summary>ln E.</summary>
    public double LogE { get; private set; }

    /// <summary>Shares of the wealth, cash first; they sum to one.</summary>
    public ReadOnlySpan<double> Weights => weights;

    /// <summary>A tick without information: only the share moves.</summary>
    public void Rest(double share)
    {
        weights[0] = ((1 - share) * weights[0]) + (share * Cash);
        for (var j = 1; j < weights.Length; j++) weights[j] = ((1 - share) * weights[j]) + (share * prior);
    }

    /// <param name="logs">ln of each bet's e-variable, untempered.</param>
    public void Step(ReadOnlySpan<double> logs, double phi, double share)
    {
        Rest(share);
        var most = 0.0;
        foreach (var log in logs) most = Math.Max(most, log / phi);

        weights[0] *= Math.Exp(-most);
        var total = weights[0];
        for (var j = 1; j < weights.Length; j++)
        {
            weights[j] *= Math.Exp((logs[j - 1] / phi) - most);
            total += weights[j];
        }

        for (var j = 0; j < weights.Length; j++) weights[j] /= total;
        LogE += Math.Min(Math.Log(total) + most, logCap);
    }

    public void Save(StateWriter to)
    {
        to.Double(LogE);
        to.Doubles(weights);
    }

    public void Load(ref StateReader from)
    {
        LogE = from.Double();
        from.Doubles(weights);
    }
}
