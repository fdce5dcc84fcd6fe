using TrafficCtl.Core.Judging.Ranks;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Ranks;

/// <summary>Numbers: R 4.2 <c>wilcox.test</c>, statistics 8.1; asymptotic limits there carry 1e-4 of noise.</summary>
public class RankVectorTests
{
    [Theory]
    [InlineData("A B", 0.95, Alternative.TwoSided, true, true, 37, 0.3356643357, 1.35, -1.6, 4.3)]
    [InlineData("A B", 0.98, Alternative.TwoSided, true, true, 37, 0.3356643357, 1.35, -2.3, 5)]
    [InlineData("A B", 0.95, Alternative.Greater, true, true, 37, 0.1678321678, 1.35, -1, double.PositiveInfinity)]
    [InlineData("A B", 0.95, Alternative.TwoSided, false, true, 37, 0.32527098, 1.35, -1.59999317, 4.29999317)]
    [InlineData("A B", 0.95, Alternative.TwoSided, false, false, 37, 0.2976214679, 1.35, -1.400040205, 4.100040205)]
    [InlineData("C D", 0.95, Alternative.TwoSided, true, true, 78.5, 0.0330164196, 4.999944958, 1.795973779e-05, 8.999983339)]
    [InlineData("C D", 0.98, Alternative.TwoSided, true, true, 78.5, 0.0330164196, 4.999944958, -2.006689718e-05, 9.999964145)]
    [InlineData("F E", 0.98, Alternative.TwoSided, true, true, 2446, 0.000704036907, 2.83635941, 0.9449984005, 4.538078727)]
    [InlineData("F E", 0.95, Alternative.TwoSided, true, true, 2446, 0.000704036907, 2.83635941, 1.259980252, 4.282051133)]
    public void Agrees_with_the_vectors_of_R(
        string samples, double confidence, Alternative alternative, bool allowExact, bool isCorrected,
        double u, double p, double shift, double low, double high)
    {
        var found = MannWhitney.Test(Samples.Of(samples[0]), Samples.Of(samples[2]), confidence, alternative, allowExact, isCorrected);
        Assert.Equal(u, found.U);
        Assert.Equal(p, found.P, 5e-10 * p);
        // R's asymptotic estimate is the zero of a step function, not the median that we give.
        Assert.Equal(shift, found.Shift, found.IsExact ? 1e-12 : 0.01);
        Limit(low, found.Low, found.IsExact ? 1e-12 : 2e-4);
        Limit(high, found.High, found.IsExact ? 1e-12 : 2e-4);
    }

    [Theory]
    [InlineData(0.98, 0.945, 4.538)]
    [InlineData(0.95, 1.26, 4.282)]
    public void Has_no_noise_of_a_root_finder(double confidence, double low, double high)
    {
        var found = MannWhitney.Test(Samples.F, Samples.E, confidence);
        Assert.Equal(low, found.Low, 1e-12);
        Assert.Equal(high, found.High, 1e-12);
        Assert.Equal(2.8285, found.Shift, 1e-12);
    }

    [Fact]
    public void The_exact_distribution_agrees_with_R()
    {
        var distribution = new WilcoxonDistribution(8, 7);
        Assert.Equal(0.0200466200466, distribution.AtMost(10), 13);
        Assert.Equal(0.0001554001554, distribution.AtMost(0), 13);
        Assert.Equal(0.0001554001554, distribution.AtLeast(56), 13);
        Assert.Equal(11, distribution.Quantile(0.025));
    }

    private static void Limit(double expected, double found, double tolerance)
    {
        if (double.IsFinite(expected)) Assert.Equal(expected, found, tolerance);
        else Assert.Equal(expected, found);
    }
}

/// <summary>The samples of statistics 8.1; E and F are the 60 values printed there.</summary>
internal static class Samples
{
    public static readonly double[] A = [1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8];
    public static readonly double[] B = [0.9, 1.8, 2.7, 3.6, 4.5, 5.4, 6.3];
    public static readonly double[] C = [12, 15, 15, 17, 20, 21, 21, 21, 25, 30];
    public static readonly double[] D = [10, 12, 12, 13, 15, 15, 16, 18, 19, 20];
    public static readonly double[] E = [.. Enumerable.Range(1, 60).Select(i => Math.Round(100 + (5 * Math.Sin(i)) + (i % 7), 3))];
    public static readonly double[] F = [.. Enumerable.Range(1, 60).Select(i => Math.Round(104 + (5 * Math.Cos(i)) + (i % 5), 3))];

    public static double[] Of(char name) => name switch { 'A' => A, 'B' => B, 'C' => C, 'D' => D, 'E' => E, _ => F };
}
