namespace TrafficCtl.Core.Judging;

/// <summary>Sequential test of "the candidate fails at most max(20 %, 3 × stable's rate)", at 1e-4 over a whole rollout.</summary>
/// <remarks>
/// <para>
/// Ticks are joined to blocks until both arms have answered. Let a block hold n_c, x_c (requests, failures of the candidate)
/// and n_s, x_s of stable, the rates being free to differ from block to block. For an alternative (a, b), chosen before the
/// block, two likelihood ratios are e-variables: E1 against p_c ≤ 0.2 is the ratio of (a, b) to (0.2, b); E2 against p_c ≤ 3 p_s
/// is the ratio of (a, b) to its projection (3q, q), the point of that convex set with the least n_c·KL(a‖3q) + n_s·KL(b‖q)
/// (Turner, Ly, Grünwald, "Generic e-variables for exact sequential k-sample tests", 2024). q is the smaller root of
/// 3N q² − (4A + 3B + C) q + A = 0 with A = n_c a + n_s b, B = n_c (1 − a), C = n_s (1 − b), N = n_c + n_s.
/// The null is the union of both, so min(E1, E2) is an e-variable for every point of it, also while a shared incident moves
/// the rates from one part to the other.
/// </para>
/// <para>
/// Long good service must not drown a sudden death, so a bet begins anew with each block k, with stake π_k
/// (π_0 = 1/2, then 1/(2 (k + 2) ln²(k + 2)) · ln 2, in sum below 1); the alternatives a lie 25, 55 and 95 % of the way from the
/// bound to 1, and b is stable's decayed past rate. The stakes' worth is a supermartingale from at most 1: reaching 10,000 has
/// probability at most 1e-4 (Ville). Seven failures in a row suffice in a young rollout, about twice that after an hour.
/// </para>
/// <para>
/// Without concurrent stable traffic (100 %, or none for ten seconds) E2 cannot speak; then E1 is taken against
/// max(20 %, 3 × stable's past rate) – historical, outside the error promise.
/// </para>
/// </remarks>
public sealed class SafetyBreaker
{
    public const double Alpha = 1e-4;

    private const double RateBound = 0.20, Multiple = 3, Cap = 1e12;
    private const int Alternatives = 3, LongestBlock = 40;
    private const double PastDecay = 0.98;

    private readonly double[] worth = new double[Alternatives];
    private long blocks;
    private int ticks;
    private long candidateRequests, candidateFailures, stableRequests, stableFailures;
    private double pastRequests, pastFailures;

    /// <summary>What the bets are worth; 10,000 trips.</summary>
    public double Evidence { get; private set; }

    public bool IsTripped => Evidence >= 1 / Alpha;

    /// <summary>Forgets everything: another rollout.</summary>
    public void Reset()
    {
        Array.Clear(worth);
        (blocks, ticks, Evidence) = (0, 0, 0);
        (candidateRequests, candidateFailures, stableRequests, stableFailures) = (0, 0, 0, 0);
        (pastRequests, pastFailures) = (0, 0);
    }

    /// <summary>Absorbs what ended in one tick.</summary>
    /// <param name="requests">Requests of the candidate.</param>
    /// <param name="failures">Failed ones of them, not capped per user.</param>
    /// <param name="stableRequestsEnded">Requests of stable in the same tick.</param>
    /// <param name="stableRequestsFailed">Failed ones of them.</param>
    /// <param name="isConcurrent">Stable is served beside the candidate.</param>
    /// <returns>True when the evidence has reached its bound.</returns>
    public bool Observe(long requests, long failures, long stableRequestsEnded, long stableRequestsFailed, bool isConcurrent)
    {
        candidateRequests += requests;
        candidateFailures += failures;
        stableRequests += stableRequestsEnded;
        stableFailures += stableRequestsFailed;
        ticks++;
        if (candidateRequests == 0)
        {
            // Nothing to compare: stable's answers only teach what its rate is.
            Remember();
            return IsTripped;
        }

        var isHistorical = stableRequests == 0 && (!isConcurrent || ticks >= LongestBlock);
        if (stableRequests > 0 || isHistorical) Close(isHistorical);
        return IsTripped;
    }

    private void Close(bool isHistorical)
    {
        var stable = Math.Clamp((pastFailures + 0.5) / (pastRequests + 50), 0.001, 0.30);
        var bound = Math.Max(RateBound, Multiple * stable);
        var stake = Stake(blocks++);
        var sum = 0.0;
        for (var j = 0; j < Alternatives; j++)
        {
            var alternative = bound + ((1 - bound) * (j switch { 0 => 0.25, 1 => 0.55, _ => 0.95 }));
            var factor = isHistorical ? LogRatio(alternative, bound) : Math.Min(LogRatio(alternative, RateBound), LogPairRatio(alternative, stable));
            worth[j] = Math.Min(Cap, (worth[j] + stake) * Math.Exp(Math.Min(factor, 50)));
            sum += worth[j];
        }

        Evidence = sum / Alternatives;
        Remember();
    }

    /// <summary>ln E1: the candidate's likelihood under the alternative over that under the bound.</summary>
    private double LogRatio(double alternative, double bound) =>
        (candidateFailures * Math.Log(alternative / bound))
        + ((candidateRequests - candidateFailures) * Math.Log((1 - alternative) / (1 - bound)));

    /// <summary>ln E2: both arms' likelihood under the alternative over that under its projection on p_c ≤ 3 p_s.</summary>
    private double LogPairRatio(double alternative, double stable)
    {
        if (alternative <= Multiple * stable) return 0;
        double nc = candidateRequests, ns = stableRequests;
        double a = (nc * alternative) + (ns * stable), n = nc + ns;
        var linear = (4 * a) + (3 * nc * (1 - alternative)) + (ns * (1 - stable));
        var q = 2 * a / (linear + Math.Sqrt(Math.Max(0, (linear * linear) - (12 * n * a))));
        return LogRatio(alternative, Multiple * q)
            + (stableFailures * Math.Log(stable / q))
            + ((stableRequests - stableFailures) * Math.Log((1 - stable) / (1 - q)));
    }

    private void Remember()
    {
        if (stableRequests > 0)
        {
            pastRequests = (pastRequests * PastDecay) + stableRequests;
            pastFailures = (pastFailures * PastDecay) + stableFailures;
        }

        ticks = 0;
        (candidateRequests, candidateFailures, stableRequests, stableFailures) = (0, 0, 0, 0);
    }

    internal static double Stake(long block)
    {
        if (block == 0) return 0.5;
        var log = Math.Log(block + 2);
        return 0.5 * Math.Log(2) / ((block + 2) * log * log);
    }
}
