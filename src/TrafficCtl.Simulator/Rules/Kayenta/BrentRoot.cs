namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>Brent's root finder (Algorithms for Minimization without Derivatives, chapter 4) with an absolute tolerance.</summary>
/// <remarks>Stops where R's <c>uniroot</c> stops, so that what a coarse tolerance does to a step function is seen here too.</remarks>
internal static class BrentRoot
{
    private const double Epsilon = 2.220446049250313e-16;
    private const int MostSteps = 1000;

    /// <param name="f">A function with opposite signs at the ends.</param>
    public static double Find(Func<double, double> f, double low, double high, double tolerance)
    {
        // best: the best guess; other: on the far side of the root; last: the guess before best.
        var (last, best) = (low, high);
        var (fLast, fBest) = (f(low), f(high));
        var (other, fOther) = (last, fLast);
        if (fLast == 0) return last;
        for (var i = 0; i < MostSteps; i++)
        {
            var before = best - last;
            if (Math.Abs(fOther) < Math.Abs(fBest))
            {
                (last, best, other) = (best, other, best);
                (fLast, fBest, fOther) = (fBest, fOther, fBest);
            }

            var least = (2 * Epsilon * Math.Abs(best)) + (tolerance / 2);
            var half = (other - best) / 2;
            if (Math.Abs(half) <= least || fBest == 0) return best;
            var step = Math.Abs(before) >= least && Math.Abs(fLast) > Math.Abs(fBest)
                ? Interpolated(last, best, other, fLast, fBest, fOther, before, least) ?? half
                : half;
            (last, fLast) = (best, fBest);
            best += Math.Abs(step) < least ? Math.CopySign(least, step) : step;
            fBest = f(best);
            if (Math.Sign(fBest) == Math.Sign(fOther)) (other, fOther) = (last, fLast);
        }

        return best;
    }

    /// <summary>
    /// By the secant through two points or the inverse parabola through three; null when that leaves the bracket or shrinks too slowly.
    /// </summary>
    private static double? Interpolated(
        double last, double best, double other, double fLast, double fBest, double fOther, double before, double least)
    {
        double p, q;
        var width = other - best;
        if (last == other)
        {
            var ratio = fBest / fLast;
            (p, q) = (width * ratio, 1 - ratio);
        }
        else
        {
            var (a, b, c) = (fLast / fOther, fBest / fOther, fBest / fLast);
            p = c * ((width * a * (a - b)) - ((best - last) * (b - 1)));
            q = (a - 1) * (b - 1) * (c - 1);
        }

        (p, q) = p > 0 ? (p, -q) : (-p, q);
        return p < (0.75 * width * q) - (Math.Abs(least * q) / 2) && p < Math.Abs(before * q / 2) ? p / q : null;
    }
}
