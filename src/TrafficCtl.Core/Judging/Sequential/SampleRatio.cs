using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Does the candidate receive the share that it was given? If not, the comparison itself is in doubt.</summary>
/// <remarks>
/// Statistics 3.7 (1). Given N = n_C + n_B, n_C is binomial(N, w). Each bet has the odds ρ w/(1 − w):
/// p = ρ w/(1 − w + ρ w), ln e = n_C ln(p/w) + n_B ln((1 − p)/(1 − w)), of mean exactly one; ρ are powers of 0.9 and 1.1
/// and the two ends 0.5 and 2. As no ρ is nearer to 1 than these, a share that is off by less than about 5 % goes unblamed.
/// E ≥ 1000 says "analysis invalid" and stays: the bets' gains are kept as cash.
/// The units must be assigned independently: user sessions where users are sticky, else φ is the mean clump Σr²/Σr.
/// </remarks>
internal sealed class SampleRatio
{
    /// <summary>E at which the analysis is invalid.</summary>
    public const double Bound = 1000;

    /// <summary>Ticks left out from a change of weight on: replicas change at slightly different moments.</summary>
    public const int SettleTicks = 2;

    private static readonly double LogBound = Math.Log(Bound);
    private static readonly double[] Odds = [0.5, 0.6561, 0.81, 0.9, 1.1, 1.21, 1.4641, 2];

    /// <summary>Three ticks at least, as for harm.</summary>
    private readonly Wealth wealth = new(Odds.Length, LogBound / 3);
    private double weight = double.NaN;
    private int settling;

    public double LogE => wealth.LogE;

    public bool IsInvalid => LogE >= LogBound;

    /// <summary>
    /// What was compared, over all ticks: units of the candidate, of both, and how many of both were due to the candidate.
    /// </summary>
    public double Candidate { get; private set; }

    public double All { get; private set; }

    public double Due { get; private set; }

    /// <summary>The candidate's units over those due to it; NaN without any.</summary>
    public double Ratio => Due > 0 ? Candidate / Due : double.NaN;

    /// <param name="candidateN">Dispatches (or new user sessions) of the candidate in the tick.</param>
    /// <param name="stableN">The same of stable.</param>
    /// <param name="candidateWeight">The nominal share, 0..1; at 0 and 1 there is nothing to test.</param>
    /// <param name="phi">Mean clump size of the units, at least 1.</param>
    public void Step(double candidateN, double stableN, double candidateWeight, double phi, double share)
    {
        if (candidateWeight != weight) (weight, settling) = (candidateWeight, double.IsNaN(weight) ? 0 : SettleTicks);
        if (settling > 0 || !(candidateWeight is > 0 and < 1) || !(candidateN >= 0 && stableN >= 0 && candidateN + stableN > 0))
        {
            settling = Math.Max(0, settling - 1);
            wealth.Rest(share);
            return;
        }

        Span<double> logs = stackalloc double[Bets.Most];
        for (var j = 0; j < Odds.Length; j++) logs[j] = LogOf(candidateN, stableN, candidateWeight, Odds[j]);
        wealth.Step(logs, Math.Max(1, phi), share);
        Candidate += candidateN;
        All += candidateN + stableN;
        Due += candidateWeight * (candidateN + stableN);
    }

    /// <summary>ln e of one bet.</summary>
    public static double LogOf(double candidateN, double stableN, double weight, double odds)
    {
        var all = 1 - weight + (odds * weight);
        return (candidateN * Math.Log(odds / all)) - (stableN * Math.Log(all));
    }

    public void Save(StateWriter to)
    {
        wealth.Save(to);
        to.Doubles([weight, Candidate, All, Due]);
        to.Count(settling);
    }

    public void Load(ref StateReader from)
    {
        wealth.Load(ref from);
        (weight, Candidate, All, Due) = (from.Double(), from.Double(), from.Double(), from.Double());
        settling = from.Index(SettleTicks + 1);
    }
}
