using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>One comparison in one route group: its e-process, the prediction of stable's rate, and φ of its own last minute.</summary>
/// <remarks>
/// A route has too few events to learn how they scatter, so φ is the prior's, 1 + τ₀² I, times the factor of an incident on the route,
/// and at least what the whole service's errors are divided by. Every count is of another user (<c>PathCount</c>), so that users need no
/// φ of their own.
/// </remarks>
/// <param name="harm">Without evidence.</param>
/// <param name="rate">Stable's rate.</param>
/// <param name="tau">τ₀: the relative spread between the arms that is assumed.</param>
internal sealed class PathProcess(PairE harm, RateEstimate rate, double tau)
{
    private const double TrailingSeconds = 60;

    private Traffic trailing;

    public double LogE => harm.LogE;

    public double Rho => harm.Rho;

    public double Delta => harm.Delta;

    public RateEstimate Rate => rate;

    /// <summary>The phi of the last tick.</summary>
    public double Phi { get; private set; } = 1;

    /// <summary>All that was counted.</summary>
    public PairCounts Seen { get; set; }

    /// <summary>What stays of the trailing minute after a tick.</summary>
    public static double FadeOf(double seconds) => Math.Exp(-seconds / TrailingSeconds);

    /// <summary>A tick of the warm-up: it is counted, and not compared.</summary>
    public void Learn(in PairCounts pair, double seconds)
    {
        rate.Update(pair.StableX, pair.StableN, seconds);
        Seen = Seen.Plus(pair);
    }

    /// <param name="pair">The counts of both arms.</param>
    /// <param name="fade">See <see cref="FadeOf"/>.</param>
    /// <param name="incident">How much of an incident stable is in elsewhere; at least 1.</param>
    /// <param name="floor">The least φ known otherwise; at least 1.</param>
    /// <param name="look">The look that the tick belongs to.</param>
    public void Step(in PairCounts pair, double fade, double incident, double floor, in Look look)
    {
        trailing = (trailing * fade) + new Traffic(pair.CandidateN, pair.StableN, pair.StableX);
        var stableRate = rate.Value;
        var recent = (trailing.StableX + 3) / (trailing.StableN + (3 / stableRate));
        var surge = Math.Max(incident, recent / (2 * stableRate));
        var information = trailing.CandidateN * trailing.StableN / Math.Max(trailing.CandidateN + trailing.StableN, 1)
            * stableRate * (1 - stableRate);
        Phi = Math.Max(floor, surge * (1 + (tau * tau * information)));
        harm.Step(pair, stableRate, Phi, look.Share);
        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        Seen = Seen.Plus(pair);
    }

    public void Save(StateWriter to)
    {
        harm.Save(to);
        rate.Save(to);
        to.Doubles([trailing.CandidateN, trailing.StableN, trailing.StableX]);
        Seen.Save(to);
    }

    public void Load(ref StateReader from)
    {
        harm.Load(ref from);
        rate.Load(ref from);
        trailing = new Traffic(from.Double(), from.Double(), from.Double());
        Seen = PairCounts.Load(ref from);
    }
}
