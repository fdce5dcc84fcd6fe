using System.Numerics;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>An anytime-valid interval for the ratio of a latency quantile, "p99 is +12 to +31 %", for reading only.</summary>
/// <remarks>
/// Statistics 3.4 and 3.5: for each of sixteen shifts k the candidate's requests slower than u γ^k are compared with stable's
/// slower than u by proportion e-variables (3.1), four odds above 1 against "the ratio is at most γ^k" and four below
/// against "at least". At a level the bets' logs are the same for all shifts, for only x_C differs:
/// ln e = x_C a_j + c_j. The limits are the nearest shifts that are refused at α/2 each; x_C falls as k rises, so
/// all shifts beyond a limit are refused with it and no correction is due.
/// Each ln E is kept as a float within ±30: the lower end adds 1e-13 to E a tick, and lets a late change be seen.
/// </remarks>
internal sealed class ShiftCS
{
    public const int Points = 16;

    private const int Width = 8, Half = 4;
    private const float Most = 30;

    /// <summary>Ratios of latency before they are rounded to whole buckets.</summary>
    private static readonly double[] Wanted = [0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2, 3, 5, 10];

    /// <summary>The first half is against "at most", the second against "at least".</summary>
    private static readonly double[] Odds = [1.08, 1.25, 1.8, 4, 1 / 1.08, 1 / 1.25, 1 / 1.8, 0.25];

    private readonly double[] ratios = new double[Points];
    private readonly int[] shifts = new int[Points];
    private readonly float[] logs = new float[Points * Width];

    /// <param name="logRatio">ln γ of the buckets, at most ln 1.05.</param>
    public ShiftCS(double logRatio)
    {
        for (var k = 0; k < Points; k++)
        {
            shifts[k] = (int)Math.Round(Math.Log(Wanted[k]) / logRatio);
            ratios[k] = Math.Exp(shifts[k] * logRatio);
        }
    }

    /// <summary>Absorbs a tick.</summary>
    /// <param name="pair">Requests of both arms, and stable's slower than u; the candidate's X is not read.</param>
    /// <param name="candidate">The candidate's requests, as long as they took or at least took; the last bucket is the overflow.</param>
    /// <param name="bucket">u is this bucket's upper edge.</param>
    /// <param name="part">The part of the bucket at the edge that counts as slower, 0..1, alike in both arms.</param>
    /// <param name="stableRate">A prediction of stable's share above u, made before this tick, inside 0..1.</param>
    public void Step(in PairCounts pair, Counts candidate, int bucket, double part, double stableRate, double phi)
    {
        if (!pair.IsPair) return;
        Span<double> slopes = stackalloc double[Width], bases = stackalloc double[Width];
        for (var j = 0; j < Width; j += Vector<double>.Count)
        {
            var (slope, atZero) = LogsOf(new Vector<double>(Odds, j), pair, stableRate, phi);
            slope.CopyTo(slopes[j..]);
            atZero.CopyTo(bases[j..]);
        }

        Span<double> gained = stackalloc double[Points * Width];
        ReadOnlySpan<long> answered = candidate.Times, abandoned = candidate.Abandoned;
        var (from, above) = (answered.Length, 0.0);
        for (var k = Points - 1; k >= 0; k--)
        {
            // A shift off the histogram says nothing; at the last edge the overflow must be above u or have a part.
            var edge = bucket + shifts[k];
            if (edge < 0) break;
            if (edge >= answered.Length || (edge == answered.Length - 1 && part <= 0)) continue;
            above += Tails.Sum(answered[(edge + 1)..from]);
            var at = answered[edge];
            if (!abandoned.IsEmpty)
            {
                above += Tails.Sum(abandoned[(edge + 1)..from]);
                at += abandoned[edge];
            }

            from = edge + 1;
            var x = above + (part * at);
            for (var j = 0; j < Width; j += Vector<double>.Count)
                ((new Vector<double>(slopes[j..]) * x) + new Vector<double>(bases[j..])).CopyTo(gained[((k * Width) + j)..]);
        }

        Add(gained);
    }

    private void Add(ReadOnlySpan<double> gained)
    {
        var (least, most) = (new Vector<float>(-Most), new Vector<float>(Most));
        for (var i = 0; i < logs.Length; i += Vector<float>.Count)
        {
            var gain = Vector.Narrow(new Vector<double>(gained[i..]), new Vector<double>(gained[(i + Vector<double>.Count)..]));
            Vector.Min(Vector.Max(new Vector<float>(logs, i) + gain, least), most).CopyTo(logs, i);
        }
    }

    /// <param name="alpha">It holds the ratio at all looks together with probability 1 − alpha.</param>
    /// <returns>Low is 0 or High infinity where no shift is refused yet; all NaN before the first evidence.</returns>
    public RatioInterval Interval(double alpha)
    {
        var bound = Math.Log(2 / alpha);
        var (low, high, best) = (0.0, double.PositiveInfinity, double.NaN);
        var (before, lastRatio) = (0.0, double.NaN);
        for (var k = 0; k < Points; k++)
        {
            var (slower, faster) = (Mixture(k, 0), Mixture(k, Half));
            if (slower >= bound) low = ratios[k];
            if (faster >= bound) high = Math.Min(high, ratios[k]);
            var lean = slower - faster;
            if (lean == 0) continue;
            if (lean > 0 || double.IsNaN(best)) best = ratios[k];
            else if (before > 0) best = lastRatio * Math.Pow(ratios[k] / lastRatio, before / (before - lean));
            (before, lastRatio) = (lean, ratios[k]);
        }

        return double.IsNaN(best) ? new RatioInterval(best, best, best) : new RatioInterval(low, best, high);
    }

    /// <summary>ln of the mean of four bets' e-values.</summary>
    private double Mixture(int k, int first)
    {
        var row = logs.AsSpan((k * Width) + first, Half);
        double most = Math.Max(Math.Max(row[0], row[1]), Math.Max(row[2], row[3])), sum = 0;
        foreach (var log in row) sum += Math.Exp(log - most);
        return most + Math.Log(sum / Half);
    }

    /// <summary>a_j and c_j of some bets, divided by φ.</summary>
    private static (Vector<double> Slope, Vector<double> AtZero) LogsOf(
        Vector<double> odds, in PairCounts pair, double stableRate, double phi)
    {
        var one = Vector<double>.One;
        odds *= stableRate / (1 - stableRate);
        var rate = odds / (one + odds);
        var pooled = ((rate * pair.CandidateN) + new Vector<double>(pair.StableN * stableRate)) / (pair.CandidateN + pair.StableN);
        var yes = Vector.Log(rate / pooled);
        var no = Vector.Log((one - rate) / (one - pooled));
        var stable = (Vector.Log(new Vector<double>(stableRate) / pooled) * pair.StableX)
            + (Vector.Log(new Vector<double>(1 - stableRate) / (one - pooled)) * (pair.StableN - pair.StableX));
        return ((yes - no) / phi, ((no * pair.CandidateN) + stable) / phi);
    }

    public void Save(StateWriter to)
    {
        foreach (var log in logs) to.Float(log);
    }

    public void Load(ref StateReader from)
    {
        for (var i = 0; i < logs.Length; i++) logs[i] = from.Float();
    }
}
