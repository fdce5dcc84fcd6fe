using System.Numerics;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Low ≤ Estimate ≤ High of a ratio; NaN when there is none.</summary>
internal readonly record struct RatioInterval(double Low, double Estimate, double High);

/// <summary>An anytime-valid interval for the ratio of two error rates, for reading only.</summary>
/// <remarks>Statistics 3.5: grid of ln ρ in [−4, 4] by 0.02, prior N(0, 1). Which arm an error fell on depends on ρ alone.</remarks>
internal sealed class RatioCS
{
    private const int Points = 401, Middle = 200;

    // Whole vectors; what is beyond the points is and stays minus infinity.
    private const int Padded = 416;

    private static readonly double[] LogRatios = [.. Enumerable.Range(0, Padded).Select(i => (i - Middle) * Softplus.Step)];
    private static readonly double[] Ratios = [.. LogRatios.Take(Points).Select(Math.Exp)];
    private static readonly double[] LogPriors = MakePriors();

    // Relative to the greatest: so a float is enough, and half the state.
    private readonly float[] logs = MakeLogs();

    public void Step(in PairCounts pair, double phi)
    {
        var errors = pair.CandidateX + pair.StableX;
        if (!pair.IsPair || errors <= 0) return;
        var softplus = new Softplus(Math.Log(pair.CandidateN / pair.StableN), LogRatios[0]);
        var (candidate, all) = (pair.CandidateX / phi, errors / phi);
        var ofSplit = new Vector<double>(softplus.Offset * candidate);
        Span<double> gained = stackalloc double[Padded];
        var most = new Vector<double>(double.NegativeInfinity);
        for (var i = 0; i < Padded; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(logs, i), out var low, out var high);
            low += Gain(i);
            high += Gain(i + Vector<double>.Count);
            most = Vector.Max(most, Vector.Max(low, high));
            low.CopyTo(gained[i..]);
            high.CopyTo(gained[(i + Vector<double>.Count)..]);
        }

        var greatest = most[0];
        for (var lane = 1; lane < Vector<double>.Count; lane++) greatest = Math.Max(greatest, most[lane]);
        for (var i = 0; i < Padded; i += Vector<float>.Count)
        {
            var (low, high) = (new Vector<double>(gained[i..]), new Vector<double>(gained[(i + Vector<double>.Count)..]));
            Vector.Narrow(low - new Vector<double>(greatest), high - new Vector<double>(greatest)).CopyTo(logs, i);
        }

        Vector<double> Gain(int i) => (new Vector<double>(LogRatios, i) * candidate) + ofSplit - (softplus.At(i) * all);
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
    }

    private static float[] MakeLogs()
    {
        var made = new float[Padded];
        made.AsSpan(Points).Fill(float.NegativeInfinity);
        return made;
    }

    private static double[] MakePriors()
    {
        var priors = LogRatios.Take(Points).Select(r => Math.Exp(-0.5 * r * r)).ToArray();
        var sum = priors.Sum();
        return [.. priors.Select(p => Math.Log(p / sum))];
    }
}
