namespace TrafficCtl.Simulator.Chances;

/// <summary>Exact samples of counts: inversion where the mean is small, transformed rejection (Hörmann 1993) from 10 on.</summary>
internal static class Sampling
{
    private const double Rejection = 10;

    /// <summary>Poisson: multiplicative inversion, else PTRS.</summary>
    public static long Poisson(this Chance chance, double mean)
    {
        if (!(mean > 0)) return 0;
        if (mean >= Rejection) return PoissonByRejection(chance, mean);
        var u = chance.Uniform();
        if (u < 1 - mean) return 0; // e^-mean is above it: the logarithm is spared.
        var term = Math.Exp(-mean);
        long k = 0;
        while (u >= term)
        {
            u -= term;
            k++;
            term *= mean / k;
            if (term < 1e-300) break;
        }

        return k;
    }

    /// <summary>How many of n trials with probability p succeed: inversion from the rarer side, else BTRS.</summary>
    public static long Binomial(this Chance chance, long n, double p)
    {
        if (n <= 0 || !(p > 0)) return 0;
        if (p >= 1) return n;
        if (p > 0.5) return n - Binomial(chance, n, 1 - p);
        if (n * p >= Rejection) return BinomialByRejection(chance, n, p);
        var u = chance.Uniform();
        if (u < 1 - (n * p)) return 0; // (1-p)^n is above it.
        var (odds, term) = (p / (1 - p), Math.Exp(n * Log1Minus(p)));
        long k = 0;
        while (u >= term && k < n)
        {
            u -= term;
            term *= odds * (n - k) / (k + 1);
            k++;
            if (term < 1e-300) break;
        }

        return k;
    }

    /// <summary>Σ of so many geometric clumps with this mean, each at least 1.</summary>
    public static long Clumps(this Chance chance, long clumps, double mean)
    {
        if (clumps <= 0 || !(mean > 1)) return clumps;
        var more = 1 - (1 / mean);
        if (clumps > 8) return clumps + Poisson(chance, Gamma(chance, clumps) * more / (1 - more));
        var (sum, scale) = (clumps, 1 / Math.Log(more));
        for (var i = 0; i < clumps; i++) sum += (long)(Math.Log(chance.UniformAboveZero()) * scale);
        return sum;
    }

    /// <summary>Gamma of scale 1 and a shape of at least 1 (Marsaglia and Tsang 2000).</summary>
    public static double Gamma(this Chance chance, double shape)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = chance.Normal();
            var v = 1 + (c * x);
            if (v <= 0) continue;
            v = v * v * v;
            if (Math.Log(chance.UniformAboveZero()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v))) return d * v;
        }
    }

    private static long PoissonByRejection(Chance chance, double mean)
    {
        var b = 0.931 + (2.53 * Math.Sqrt(mean));
        var a = -0.059 + (0.02483 * b);
        var sure = 0.9277 - (3.6224 / (b - 2));
        while (true)
        {
            var (u, v) = (chance.Uniform() - 0.5, chance.UniformAboveZero());
            var edge = 0.5 - Math.Abs(u);
            var k = Math.Floor((((2 * a / edge) + b) * u) + mean + 0.43);
            if (edge >= 0.07 && v <= sure) return (long)k;
            if (k < 0 || (edge < 0.013 && v > edge)) continue;
            var inverse = 1.1239 + (1.1328 / (b - 3.4));
            if (Math.Log(v * inverse / ((a / (edge * edge)) + b)) <= (k * Math.Log(mean)) - mean - LogFactorial.Of((long)k)) return (long)k;
        }
    }

    private static long BinomialByRejection(Chance chance, long n, double p)
    {
        var spread = Math.Sqrt(n * p * (1 - p));
        var b = 1.15 + (2.53 * spread);
        var a = -0.0873 + (0.0248 * b) + (0.01 * p);
        var middle = (n * p) + 0.5;
        var sure = 0.92 - (4.2 / b);
        while (true)
        {
            var (u, v) = (chance.Uniform() - 0.5, chance.UniformAboveZero());
            var edge = 0.5 - Math.Abs(u);
            var drawn = Math.Floor((((2 * a / edge) + b) * u) + middle);
            if (drawn < 0 || drawn > n) continue;
            var k = (long)drawn;
            if (edge >= 0.07 && v <= sure) return k;
            var alpha = (2.83 + (5.1 / b)) * spread;
            var mode = (long)((n + 1) * p);
            var density = LogFactorial.Of(mode) + LogFactorial.Of(n - mode) - LogFactorial.Of(k) - LogFactorial.Of(n - k)
                + ((k - mode) * Math.Log(p / (1 - p)));
            if (Math.Log(v * alpha / ((a / (edge * edge)) + b)) <= density) return k;
        }
    }

    /// <summary>ln(1 − p) without cancellation for a small p.</summary>
    private static double Log1Minus(double p) => p < 1e-5 ? -p * (1 + (p * (0.5 + (p / 3)))) : Math.Log(1 - p);
}
