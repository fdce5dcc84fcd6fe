using System.Numerics;
using System.Runtime.CompilerServices;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

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
    // The bets go by whole vectors; what makes their logs is inlined, or the vectors would go through memory: twice the time.
    private readonly Wealth wealth = new(multipliers.Length, logCap);

    // Whole vectors: a bet on the boundary itself is worth one, and has no share.
    private readonly double[] multipliers = [.. multipliers, .. Enumerable.Repeat(1.0, Bets.Most - multipliers.Length)];
    private double rho = rho;

    public double LogE => wealth.LogE;

    public ReadOnlySpan<double> Weights => wealth.Weights;

    public double Rho => rho;

    public double Delta => delta;

    /// <summary>Another ρ for the ticks to come, known before them: the null stays "on its side of the boundary at every tick".</summary>
    public void Tilt(double to) => rho = to;

    /// <summary>The rates that were seen lie beyond the boundary of the rate form.</summary>
    public bool IsBeyond(in PairCounts seen) =>
        seen.IsPair && seen.CandidateX / seen.CandidateN > (rho * seen.StableX / seen.StableN) + delta;

    /// <param name="stableRate">A prediction of stable's rate, made before this tick.</param>
    public void Step(in PairCounts pair, double stableRate, double phi, double share)
    {
        if (!pair.IsPair)
        {
            wealth.Rest(share);
            return;
        }

        Span<double> logs = stackalloc double[Bets.Most];
        for (var j = 0; j < Bets.Most; j += Vector<double>.Count)
            LogsOf(pair, new Vector<double>(multipliers, j), stableRate).CopyTo(logs[j..]);
        wealth.Step(logs, phi, share);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<double> LogsOf(in PairCounts pair, Vector<double> bets, double stableRate)
    {
        if (form == PairForm.Rate) return RateLogs(pair, bets * ((rho * stableRate) + delta), stableRate, rho, delta);
        var odds = bets * (stableRate / (1 - stableRate));
        return ProportionLogs(pair, odds / (Vector<double>.One + odds), stableRate);
    }

    /// <summary>ln e of the rate form; 0 unless both arms saw requests.</summary>
    public static double RateLog(in PairCounts pair, double candidateRate, double stableRate, double rho, double delta) =>
        pair.IsPair ? RateLogs(pair, new Vector<double>(candidateRate), stableRate, rho, delta)[0] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> RateLogs(
        in PairCounts pair, Vector<double> candidateRates, double stableRate, double rho, double delta)
    {
        var projected = Project(pair.CandidateN, pair.StableN, candidateRates, stableRate, rho, delta);
        var candidate = candidateRates / ((projected * rho) + new Vector<double>(delta));
        return (Vector.Log(candidate) * pair.CandidateX) + (Vector.Log(new Vector<double>(stableRate) / projected) * pair.StableX)
            - ((candidate - Vector<double>.One) * (pair.CandidateN * delta));
    }

    /// <summary>b*, stable's rate of the point on the boundary nearest (in divergence) to the alternative.</summary>
    public static double Project(double candidateN, double stableN, double candidateRate, double stableRate, double rho, double delta) =>
        Project(candidateN, stableN, new Vector<double>(candidateRate), stableRate, rho, delta)[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Project(
        double candidateN, double stableN, Vector<double> candidateRates, double stableRate, double rho, double delta)
    {
        var a = rho * ((rho * candidateN) + stableN);
        var b = new Vector<double>(delta * ((rho * candidateN) + stableN))
            - (((candidateRates * candidateN) + new Vector<double>(stableN * stableRate)) * rho);
        var c = -stableN * stableRate * delta;
        var root = Vector.SquareRoot((b * b) - new Vector<double>(4 * a * c));
        var projected = Vector.ConditionalSelect(
            Vector.LessThanOrEqual(b, Vector<double>.Zero), (root - b) / (2 * a), new Vector<double>(-2 * c) / (b + root));
        return Vector.ConditionalSelect(Vector.GreaterThan(projected, Vector<double>.Zero), projected, new Vector<double>(1e-300));
    }

    /// <summary>ln e of the proportion form; 0 unless both arms saw requests.</summary>
    public static double ProportionLog(in PairCounts pair, double candidateRate, double stableRate) =>
        pair.IsPair ? ProportionLogs(pair, new Vector<double>(candidateRate), stableRate)[0] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> ProportionLogs(in PairCounts pair, Vector<double> candidateRates, double stableRate)
    {
        var one = Vector<double>.One;
        var pooled =
            ((candidateRates * pair.CandidateN) + new Vector<double>(pair.StableN * stableRate)) / (pair.CandidateN + pair.StableN);
        return (Vector.Log(candidateRates / pooled) * pair.CandidateX)
            + (Vector.Log((one - candidateRates) / (one - pooled)) * (pair.CandidateN - pair.CandidateX))
            + (Vector.Log(new Vector<double>(stableRate) / pooled) * pair.StableX)
            + (Vector.Log(new Vector<double>(1 - stableRate) / (one - pooled)) * (pair.StableN - pair.StableX));
    }

    public void Save(StateWriter to) => wealth.Save(to);

    public void Load(ref StateReader from) => wealth.Load(ref from);
}
