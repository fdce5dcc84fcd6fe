using System.Numerics;
using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>One e-process: wealth spread over cash and bets, re-spread a little at each tick, multiplied once a tick.</summary>
/// <remarks>
/// Statistics 3.1. Half the prior is cash. Tempering (φ ≥ 1) and the cap on a tick's growth only lower E.
/// By Ville's inequality P(sup E ≥ 1/α) ≤ α over all looks while each bet's e-variable has a mean of at most one.
/// </remarks>
internal sealed class Wealth
{
    private const double Cash = 0.5;

    // Cash, the bets, and room up to the most bets there are, whose share is and stays zero.
    private readonly double[] weights = new double[1 + Bets.Most];
    private readonly double[] priors = new double[1 + Bets.Most];
    private readonly double logCap;
    private readonly int bets;

    /// <param name="bets">Number of bets beside the cash, at most <see cref="Bets.Most"/>.</param>
    /// <param name="logCap">ln of the most that one tick may multiply; infinity for none.</param>
    public Wealth(int bets, double logCap)
    {
        (this.bets, this.logCap) = (bets, logCap);
        priors[0] = Cash;
        priors.AsSpan(1, bets).Fill((1 - Cash) / bets);
        priors.CopyTo(weights, 0);
    }

    /// <summary>ln E.</summary>
    public double LogE { get; private set; }

    /// <summary>Shares of the wealth, cash first; they sum to one.</summary>
    public ReadOnlySpan<double> Weights => weights.AsSpan(0, 1 + bets);

    /// <summary>A tick without information: only the share moves.</summary>
    public void Rest(double share)
    {
        for (var j = 0; j < weights.Length; j++) weights[j] = ((1 - share) * weights[j]) + (share * priors[j]);
    }

    /// <param name="logs">ln of each bet's e-variable, untempered; <see cref="Bets.Most"/> of them, zero beyond the bets.</param>
    public void Step(ReadOnlySpan<double> logs, double phi, double share)
    {
        var most = MostOf(logs) / phi;
        weights[0] = Spread(0, share) * Math.Exp(-most);
        var sum = Vector<double>.Zero;
        for (var j = 1; j < weights.Length; j += Vector<double>.Count)
        {
            var held = (new Vector<double>(weights, j) * (1 - share)) + (new Vector<double>(priors, j) * share);
            held *= Vector.Exp((new Vector<double>(logs[(j - 1)..]) / phi) - new Vector<double>(most));
            held.CopyTo(weights, j);
            sum += held;
        }

        var total = weights[0] + Vector.Sum(sum);
        weights[0] /= total;
        for (var j = 1; j < weights.Length; j += Vector<double>.Count) (new Vector<double>(weights, j) / total).CopyTo(weights, j);
        LogE += Math.Min(Math.Log(total) + most, logCap);
    }

    /// <summary>The greatest, at least that of cash.</summary>
    private static double MostOf(ReadOnlySpan<double> logs)
    {
        var most = Vector<double>.Zero;
        for (var j = 0; j < Bets.Most; j += Vector<double>.Count) most = Vector.Max(most, new Vector<double>(logs[j..]));
        var greatest = most[0];
        for (var lane = 1; lane < Vector<double>.Count; lane++) greatest = Math.Max(greatest, most[lane]);
        return greatest;
    }

    private double Spread(int at, double share) => ((1 - share) * weights[at]) + (share * priors[at]);

    public void Save(StateWriter to)
    {
        to.Double(LogE);
        to.Doubles(Weights);
    }

    public void Load(ref StateReader from)
    {
        LogE = from.Double();
        from.Doubles(weights.AsSpan(0, 1 + bets));
    }
}
