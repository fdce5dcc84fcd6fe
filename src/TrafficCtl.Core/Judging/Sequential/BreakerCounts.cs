
namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Answers of both arms that are compared with each other, and their likelihoods.</summary>
internal readonly record struct BreakerCounts(long Requests, long Failures, long StableRequests, long StableFailures)
{
    /// <summary>The rate that a candidate may always have, and the multiple of stable's that it may have.</summary>
    public const double RateBound = 0.20, Multiple = 3;

    public const int Alternatives = 3;

    public static BreakerCounts Of(in BreakerTick tick) => new(tick.Requests, tick.Failures, tick.StableRequests, tick.StableFailures);

    public static BreakerCounts operator +(in BreakerCounts a, in BreakerCounts b) => new(
        a.Requests + b.Requests, a.Failures + b.Failures, a.StableRequests + b.StableRequests, a.StableFailures + b.StableFailures);

    /// <summary>What a candidate may fail beside a stable arm that fails at this rate.</summary>
    public static double BoundBeside(double stable) => Math.Max(RateBound, Multiple * Math.Min(stable, 0.3));

    /// <summary>What the bets are on: 25, 55 and 98 % of the way from the bound to 1; most of the stake on the last.</summary>
    public static (double Rate, double Part) Alternative(int number, double bound) => number switch
    {
        0 => (bound + ((1 - bound) * 0.25), 0.1),
        1 => (bound + ((1 - bound) * 0.55), 0.1),
        _ => (bound + ((1 - bound) * 0.98), 0.8),
    };

    /// <summary>ln of the candidate's likelihood ratio: an e-variable against "it fails at most at <paramref name="rate"/>".</summary>
    public double LogAgainstRate(double alternative, double rate) =>
        (Failures * Math.Log(alternative / rate)) + ((Requests - Failures) * Math.Log((1 - alternative) / (1 - rate)));

    public double LogCandidate(double rate) => Term(Failures, rate) + Term(Requests - Failures, 1 - rate);

    public double LogStable(double rate) => Term(StableFailures, rate) + Term(StableRequests - StableFailures, 1 - rate);

    /// <summary>ln of the highest likelihood that rates with p_c ≤ 3 p_s give: what that part of the null is measured by.</summary>
    public double BestBesideStable()
    {
        double nc = Requests, xc = Failures, ns = StableRequests, xs = StableFailures;
        if (xc * ns <= Multiple * xs * nc)
            return LogCandidate(Share(Failures, Requests)) + LogStable(Share(StableFailures, StableRequests));

        // Along the edge (3 q, q) the derivative is 0 at the smaller root of 3 N q² − (4 x + 3 (n_c − x_c) + n_s − x_s) q + x.
        double all = nc + ns, x = xc + xs, linear = ((1 + Multiple) * x) + (Multiple * (nc - xc)) + ns - xs;
        var q = 2 * x / (linear + Math.Sqrt(Math.Max(0, (linear * linear) - (4 * Multiple * all * x))));
        return LogCandidate(Math.Min(Requests == Failures ? 1 : 1 - 1e-12, Multiple * q)) + LogStable(q);
    }

    private static double Share(long part, long all) => all == 0 ? 0 : part / (double)all;

    private static double Term(long count, double probability) => count == 0 ? 0 : count * Math.Log(probability);
}
