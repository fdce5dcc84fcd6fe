using System.Numerics;

namespace TrafficCtl.Simulator.Chances;

/// <summary>Seeded randomness: xoshiro256** (Blackman and Vigna), whose state is filled by SplitMix64.</summary>
/// <remarks>One a stream and never shared between threads, so a run is the same whatever runs beside it.</remarks>
internal sealed class Chance
{
    private ulong s0, s1, s2, s3;
    private double spare = double.NaN;

    public Chance(ulong seed)
    {
        (s0, s1) = (SplitMix(ref seed), SplitMix(ref seed));
        (s2, s3) = (SplitMix(ref seed), SplitMix(ref seed));
    }

    /// <summary>A seed of its own for each combination of numbers.</summary>
    public static ulong Seed(params ReadOnlySpan<ulong> parts)
    {
        var seed = 0UL;
        foreach (var part in parts)
        {
            seed ^= part;
            seed = SplitMix(ref seed);
        }

        return seed;
    }

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>In [0, 1), a multiple of 2⁻⁵³.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>In (0, 1]: its logarithm exists.</summary>
    public double UniformAboveZero() => ((Next() >> 11) + 1) * (1.0 / (1UL << 53));

    public double Uniform(double from, double to) => from + ((to - from) * Uniform());

    /// <summary>Exponential with this mean.</summary>
    public double Exponential(double mean) => -mean * Math.Log(UniformAboveZero());

    /// <summary>Standard normal, by Marsaglia's polar method.</summary>
    public double Normal()
    {
        if (!double.IsNaN(spare))
        {
            var kept = spare;
            spare = double.NaN;
            return kept;
        }

        double x, y, square;
        do
        {
            (x, y) = (Uniform(-1, 1), Uniform(-1, 1));
            square = (x * x) + (y * y);
        }
        while (square is >= 1 or 0);

        var scale = Math.Sqrt(-2 * Math.Log(square) / square);
        spare = y * scale;
        return x * scale;
    }

    /// <summary>Lognormal with mean 1 whose logarithm has this standard deviation.</summary>
    public double Factor(double sd) => sd > 0 ? Math.Exp((sd * Normal()) - (sd * sd / 2)) : 1;

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
