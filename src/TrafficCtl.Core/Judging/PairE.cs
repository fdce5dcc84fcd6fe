using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    // Four bets at once. Not inlined, the vectors would go through memory: twice the time.
    private const int Lanes = 4;

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

    /// <param name="stableRate">A prediction of stable's rate, made before this tick.</param>
    public void Step(in PairCounts pair, double stableRate, double phi, double share)
    {
        if (!pair.IsPair)
        {
            wealth.Rest(share);
            return;
        }

        Span<double> logs = stackalloc double[Bets.Most];
        for (var j = 0; j < Bets.Most; j += Lanes) LogsOf(pair, Vector256.Create(multipliers, j), stableRate).CopyTo(logs[j..]);
        wealth.Step(logs, phi, share);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<double> LogsOf(in PairCounts pair, Vector256<double> bets, double stableRate)
    {
        if (form == PairForm.Rate) return RateLogs(pair, bets * ((rho * stableRate) + delta), stableRate, rho, delta);
        var odds = bets * (stableRate / (1 - stableRate));
        return ProportionLogs(pair, odds / (Vector256<double>.One + odds), stableRate);
    }

    /// <summary>ln e of the rate form; 0 unless both arms saw requests.</summary>
    public static double RateLog(in PairCounts pair, double candidateRate, double stableRate, double rho, double delta) =>
        pair.IsPair ? RateLogs(pair, Vector256.Create(candidateRate), stableRate, rho, delta)[0] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> RateLogs(
        in PairCounts pair, Vector256<double> candidateRates, double stableRate, double rho, double delta)
    {
        var projected = Project(pair.CandidateN, pair.StableN, candidateRates, stableRate, rho, delta);
        var candidate = candidateRates / ((projected * rho) + Vector256.Create(delta));
        return (Vector256.Log(candidate) * pair.CandidateX) + (Vector256.Log(Vector256.Create(stableRate) / projected) * pair.StableX)
            - ((candidate - Vector256<double>.One) * (pair.CandidateN * delta));
    }

    /// <summary>b*, stable's rate of the point on the boundary nearest (in divergence) to the alternative.</summary>
    public static double Project(double candidateN, double stableN, double candidateRate, double stableRate, double rho, double delta) =>
        Project(candidateN, stableN, Vector256.Create(candidateRate), stableRate, rho, delta)[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Project(
        double candidateN, double stableN, Vector256<double> candidateRates, double stableRate, double rho, double delta)
    {
        var a = rho * ((rho * candidateN) + stableN);
        var b = Vector256.Create(delta * ((rho * candidateN) + stableN))
            - (((candidateRates * candidateN) + Vector256.Create(stableN * stableRate)) * rho);
        var c = -stableN * stableRate * delta;
        var root = Vector256.Sqrt((b * b) - Vector256.Create(4 * a * c));
        var projected = Vector256.ConditionalSelect(
            Vector256.LessThanOrEqual(b, Vector256<double>.Zero), (root - b) / (2 * a), Vector256.Create(-2 * c) / (b + root));
        return Vector256.ConditionalSelect(Vector256.GreaterThan(projected, Vector256<double>.Zero), projected, Vector256.Create(1e-300));
    }

    /// <summary>ln e of the proportion form; 0 unless both arms saw requests.</summary>
    public static double ProportionLog(in PairCounts pair, double candidateRate, double stableRate) =>
        pair.IsPair ? ProportionLogs(pair, Vector256.Create(candidateRate), stableRate)[0] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ProportionLogs(in PairCounts pair, Vector256<double> candidateRates, double stableRate)
    {
        var one = Vector256<double>.One;
        var pooled = ((candidateRates * pair.CandidateN) + Vector256.Create(pair.StableN * stableRate)) / (pair.CandidateN + pair.StableN);
        return (Vector256.Log(candidateRates / pooled) * pair.CandidateX)
            + (Vector256.Log((one - candidateRates) / (one - pooled)) * (pair.CandidateN - pair.CandidateX))
            + (Vector256.Log(Vector256.Create(stableRate) / pooled) * pair.StableX)
            + (Vector256.Log(Vector256.Create(1 - stableRate) / (one - pooled)) * (pair.StableN - pair.StableX));
    }

    public void Save(StateWriter to) => wealth.Save(to);

    public void Load(ref StateReader from) => wealth.Load(ref from);
}
