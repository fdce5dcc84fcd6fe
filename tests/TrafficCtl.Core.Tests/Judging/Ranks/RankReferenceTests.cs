using TrafficCtl.Core.Judging.Ranks;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Ranks;

/// <summary>Against R (<c>wilcox.test</c>, <c>quantile</c>) and SciPy (<c>mannwhitneyu</c>, NumPy) on random samples.</summary>
public class RankReferenceTests(ITestOutputHelper output)
{
    [Fact]
    public void Agrees_with_what_R_and_SciPy_said_when_they_were_asked() => Compare(RankReference.Recorded());

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Agrees_with_R_and_SciPy_as_installed_here(int seed)
    {
        var (computed, why) = RankReference.Compute(seed);
        if (computed is null) Assert.Skip(why);
        Compare(computed);
    }

    private void Compare(RankReference reference)
    {
        foreach (var c in reference.Cases) Compare(c, reference.Probs);
        output.WriteLine($"seed {reference.Seed}: {reference.Cases.Length} pairs of samples, {reference.R}, SciPy {reference.Scipy}");
    }

    private static void Compare(RankCase c, double[] probs)
    {
        var alternative = c.Alternative switch { "greater" => Alternative.Greater, "less" => Alternative.Less, _ => Alternative.TwoSided };
        var found = MannWhitney.Test(c.X, c.Y, c.Confidence, alternative, c.Exact, c.Corrected);
        Assert.Equal(c.R.IsExact, found.IsExact);
        foreach (var answer in new[] { c.R, c.Scipy })
        {
            if (answer.U is { } u) Near(c, "U", u, found.U, 0);
            if (answer.P is { } p) Near(c, "p", p, found.P, 1e-10 * p);
            Near(c, "shift", answer.Shift, found.Shift, 1e-12 * Scale(c));
            Near(c, "shift alone", answer.Shift, HodgesLehmann.Shift(c.X, c.Y), 1e-12 * Scale(c));
            for (var i = 0; i < probs.Length; i++)
                Near(c, $"quantile {probs[i]}", answer.Quantiles[i], SampleQuantile.Of(c.X, probs[i]), 1e-13 * Scale(c));
        }

        // R finds its asymptotic limits as roots, to 1e-13 of the range.
        Near(c, "low", c.R.Low ?? double.NegativeInfinity, found.Low, 1e-11 * Scale(c));
        Near(c, "high", c.R.High ?? double.PositiveInfinity, found.High, 1e-11 * Scale(c));
    }

    private static double Scale(RankCase c) => c.X.Concat(c.Y).Max(Math.Abs);

    private static void Near(RankCase c, string what, double expected, double found, double tolerance) =>
        Assert.True(expected.Equals(found) || Math.Abs(expected - found) <= tolerance, $"{c.Name}: {what} is {found:R}, not {expected:R}");
}
