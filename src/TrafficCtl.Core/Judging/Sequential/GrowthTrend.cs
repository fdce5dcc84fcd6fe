using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Does the candidate's gauge grow away from stable's towards its limit (a leak)? Advisory only.</summary>
/// <remarks>
/// Statistics 3.6: the least-squares slope b of candidate − stable over the blocks, and the time to the limit at that
/// slope. The interval of b is Robbins' normal mixture, which holds at all looks together: z² = (1 + 1/r)(ln(1 + r) +
/// 2 ln(1/α)), r = S_tt over that of ten blocks, with the flat prior on the intercept. It is exact for independent
/// normal noise of known spread; here the spread is estimated and widened by (1 + a)/(1 − a), a the residuals'
/// lag-1 autocorrelation (its small-sample bias (2 + 4a)/n put back) shrunk to 0.8, so it is a caution and no promise:
/// in two hours of blocks without growth, "b &gt; 0" was said in 0.1 % of runs for independent noise, 2 % at a correlation of
/// 0.5, 8 % at 0.8, 15 % at 0.9 and 33 % for a random walk, as memory may be (2 × 4,000 runs on seeds that the constants
/// were not chosen on; the time to the limit not asked). It holds when growth is beyond doubt (b's lower limit is above zero) and may reach
/// the limit within a day (the time's lower limit). The first ten minutes are left out: a young process fills its caches.
/// </remarks>
/// <param name="limit">In the metric's own unit.</param>
internal sealed class GrowthTrend(double limit)
{
    public const double WarmUpSeconds = 600, DaySeconds = 86_400, Alpha = 0.05;

    private const int LeastBlocks = 20;
    private const double PriorCorrelation = 0.8, PriorBlocks = 20;

    /// <summary>S_tt of ten blocks of a minute.</summary>
    private const double UsualSquares = 60 * 60 * 82.5;

    private double n, time, gap, squares, product, gapSquares;
    private double lastTime, lastGap, steps, stepsTime, stepsGap, latest = double.NaN;

    /// <summary>Absorbs a block's means; what is not finite is no reading.</summary>
    /// <param name="elapsed">Seconds since the candidate's first traffic, at the block's end.</param>
    public void Observe(in MetricPair mean, double elapsed)
    {
        var y = mean.Candidate - mean.Stable;
        if (elapsed <= WarmUpSeconds || !double.IsFinite(y)) return;
        if (n > 0)
        {
            var (dt, dy) = (elapsed - lastTime, y - lastGap);
            (stepsTime, steps, stepsGap) = (stepsTime + (dt * dt), steps + (dt * dy), stepsGap + (dy * dy));
        }

        (lastTime, lastGap, latest) = (elapsed, y, mean.Candidate);
        n++;
        var (t, g) = (elapsed - time, y - gap);
        (time, gap) = (time + (t / n), gap + (g / n));
        squares += t * (elapsed - time);
        product += t * (y - gap);
        gapSquares += g * (y - gap);
    }

    /// <summary>Growth of candidate − stable a second, 95 % at all looks together; NaN in all before twenty blocks.</summary>
    public RatioInterval Slope
    {
        get
        {
            if (n < LeastBlocks || !(squares > 0)) return new RatioInterval(double.NaN, double.NaN, double.NaN);
            var slope = product / squares;
            var residual = Math.Max(0, gapSquares - (slope * product));
            var differences = Math.Max(0, stepsGap - (2 * slope * steps) + (slope * slope * stepsTime));
            var raw = residual > 0 ? Math.Clamp(1 - (differences / residual / 2), 0, 1) : 0;
            var unbiased = Math.Min(1, raw + ((2 + (4 * raw)) / n));
            var a = Math.Min(0.95, ((PriorCorrelation * PriorBlocks) + (unbiased * n)) / (PriorBlocks + n));
            var variance = residual / (n - 4) * (1 + a) / (1 - a) / squares;
            var r = squares / UsualSquares;
            var radius = Math.Sqrt(variance * (1 + (1 / r)) * (Math.Log(1 + r) - (2 * Math.Log(Alpha))));
            return new RatioInterval(slope - radius, slope, slope + radius);
        }
    }

    /// <summary>
    /// Seconds until the candidate reaches the limit at the slope's ends; infinity when it does not grow, NaN before twenty blocks.
    /// </summary>
    public RatioInterval SecondsToLimit
    {
        get
        {
            var slope = Slope;
            return new RatioInterval(At(slope.High), At(slope.Estimate), At(slope.Low));
        }
    }

    /// <summary>It grows beyond doubt, and may be at its limit within a day.</summary>
    public bool IsLeaking => Slope.Low > 0 && SecondsToLimit.Low < DaySeconds;

    private double At(double slope)
    {
        if (double.IsNaN(slope)) return double.NaN;
        if (latest >= limit) return 0;
        return slope > 0 ? (limit - latest) / slope : double.PositiveInfinity;
    }

    public void Save(StateWriter to) => to.Doubles(
        [n, time, gap, squares, product, gapSquares, lastTime, lastGap, steps, stepsTime, stepsGap, latest]);

    public void Load(ref StateReader from)
    {
        (n, time, gap, squares, product, gapSquares) = (
            from.Double(), from.Double(), from.Double(), from.Double(), from.Double(), from.Double());
        (lastTime, lastGap, steps, stepsTime, stepsGap, latest) = (
            from.Double(), from.Double(), from.Double(), from.Double(), from.Double(), from.Double());
    }
}
