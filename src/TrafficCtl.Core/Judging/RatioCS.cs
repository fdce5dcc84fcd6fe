using System.Numerics;

namespace TrafficCtl.Core.Judging;

/// <summary>Low ≤ Estimate ≤ High of a ratio; NaN when there is none.</summary>
internal readonly record struct RatioInterval(double Low, double Estimate, double High);

/// <summary>An anytime-valid interval for the ratio of two error rates, for reading only.</summary>
/// <remarks>Statistics 3.5: grid of ln ρ in [−4, 4] by 0.02, prior N(0, 1). Which arm an error fell on depends on ρ alone.</remarks>
internal sealed class RatioCS
{
    private const int Points = 401;

    // Whole vectors of every width.
    private const int Padded = 408;

    private static readonly double[] LogRatios = [.. Enumerable.Range(0, Padded).Select(i => i < Points ? (i - 200) * 0.02 : 4)];
    private static readonly double[] Ratios = [.. LogRatios.Select(Math.Exp)];
    private static readonly double[] LogPriors = MakePriors();

    // Relative to the greatest: so a float is enough, and half the state.
    private readonly float[] logs = new float[Padded];

    public void Step(in PairCounts pair, double phi)
    {
        var errors = pair.CandidateX + pair.StableX;
        if (!pair.IsPair || errors <= 0) return;
        var split = pair.CandidateN / pair.StableN;
        var (logSplit, scale) = (Math.Log(split), 1 / phi);
        Span<double> gained = stackalloc double[Padded];
        var most = double.NegativeInfinity;
        for (var i = 0; i < Padded; i += Vector<double>.Count)
        {
            var odds = new Vector<double>(Ratios, i) * split;
            var log = (new Vector<double>(LogRatios, i) + new Vector<double>(logSplit)) * pair.CandidateX;
            log -= Vector.Log(Vector<double>.One + odds) * errors;
            (log * scale).CopyTo(gained[i..]);
        }

        for (var i = 0; i < Padded; i++)
        {
            gained[i] += logs[i];
            most = Math.Max(most, gained[i]);
        }

        for (var i = 0; i < Padded; i++) logs[i] = (float)(gained[i] - most);
    }

    /// <param name="alpha">The interval holds the truth at all looks together with probability 1 − alpha.</param>
    public RatioInterval Interval(double alpha)
    {
        var (most, best) = (double.NegativeInfinity, 0);
        for (var i = 0; i < Points; i++)
            if (logs[i] > most) (most, best) = (logs[i], i);

        var sum = 0.0;
        for (var i = 0; i < Points; i++) sum += Math.Exp(logs[i] - most + LogPriors[i]);
        var floor = Math.Log(sum) + most - Math.Log(1 / alpha);

        var (low, high) = (0, Points - 1);
        while (low < best && logs[low] <= floor) low++;
        while (high > best && logs[high] <= floor) high--;
        return new RatioInterval(Ratios[low], Ratios[best], Ratios[high]);
    }

    public void Save(StateWriter to)
    {
        foreach (var log in logs.AsSpan(0, Points)) to.Float(log);
    }

    public void Load(ref StateReader from)
    {
        for (var i = 0; i < Points; i++) logs[i] = from.Float();
        logs.AsSpan(Points).Fill(logs[Points - 1]);
    }

    private static double[] MakePriors()
    {
        var priors = LogRatios.Take(Points).Select(r => Math.Exp(-0.5 * r * r)).ToArray();
        var sum = priors.Sum();
        return [.. priors.Select(p => Math.Log(p / sum))];
    }
}
