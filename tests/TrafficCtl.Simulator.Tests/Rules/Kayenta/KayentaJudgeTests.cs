using TrafficCtl.Simulator.Rules.Kayenta;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Kayenta;

/// <summary>Numbers: statistics 8.2, V1b; E and F are the samples of 8.1.</summary>
public class KayentaJudgeTests
{
    private static readonly double[] E = [.. Enumerable.Range(1, 60).Select(i => Math.Round(100 + (5 * Math.Sin(i)) + (i % 7), 3))];
    private static readonly double[] F = [.. Enumerable.Range(1, 60).Select(i => Math.Round(104 + (5 * Math.Cos(i)) + (i % 5), 3))];

    private static readonly KayentaMetric Either = new("m", "g", KayentaDirection.Either);

    [Theory]
    [InlineData("E", "F", 0.944998, 4.538079, 2.835296, "High")]
    [InlineData("E", "E+8", 6.059942, 9.940058, 8.000000, "High")]
    [InlineData("F", "E-6", -10.538079, -6.944998, -8.832811, "Low")]
    public void Classifies_as_the_reference_to_its_digits(
        string control, string experiment, double low, double high, double shift, string label)
    {
        var found = new KayentaJudge().Classify(Of(control), Of(experiment), Either);
        Assert.Equal(label, $"{found.Label}");
        Assert.Equal(low, found.Low, 5.1e-7);
        Assert.Equal(high, found.High, 5.1e-7);
        Assert.Equal(shift, found.Shift, 5.1e-7);
    }

    [Fact]
    public void A_difference_in_the_direction_that_is_not_watched_passes()
    {
        Assert.Equal(KayentaLabel.Pass, Label(F, Of("E-6"), new KayentaMetric("m", "g")));
        Assert.Equal(KayentaLabel.Pass, Label(E, F, new KayentaMetric("m", "g", KayentaDirection.Decrease)));
    }

    [Fact]
    public void Short_cuts_pass_without_a_test()
    {
        var reversed = new KayentaJudge().Classify(E, E.Reverse(), Either);
        Assert.Equal(KayentaLabel.Pass, reversed.Label);
        Assert.Equal(double.NaN, reversed.Shift);
        Assert.Equal(KayentaLabel.Pass, Label([3, 3], [3, 3, 3, 3], Either));
    }

    [Fact]
    public void Constants_that_differ_are_told_apart()
    {
        Assert.Equal(KayentaLabel.High, Label(Enumerable.Repeat(10.0, 30), Enumerable.Repeat(10.5, 30), Either));
        Assert.Equal(KayentaLabel.Low, Label(Enumerable.Repeat(10.0, 30), Enumerable.Repeat(9.5, 30), Either));
    }

    [Theory]
    [InlineData(false, false, false, "NoData", false)]
    [InlineData(false, true, false, "NoData", true)]
    [InlineData(false, false, true, "NoDataFails", false)]
    [InlineData(false, true, true, "NoData", true)]
    [InlineData(true, false, true, "Pass", false)]
    public void An_empty_arm_is_no_data_unless_it_was_replaced(bool replaces, bool isCritical, bool mustHaveData, string label, bool fails)
    {
        var metric = Either with { ReplacesNaN = replaces, IsCritical = isCritical, MustHaveData = mustHaveData };
        var found = new KayentaJudge().Classify(E, [], metric);
        Assert.Equal((label, fails), ($"{found.Label}", found.IsCritical));
    }

    [Fact]
    public void What_was_not_measured_is_left_out_or_0_as_asked()
    {
        Assert.Equal([1, 2], KayentaSample.Transformed([2, double.NaN, 1], Either));
        Assert.Equal([0, 1, 2], KayentaSample.Transformed([2, double.NaN, 1], Either with { ReplacesNaN = true }));
        Assert.Equal(KayentaLabel.NoData, Label([double.NaN, double.NaN], E, Either));
    }

    [Fact]
    public void Outliers_go_only_when_asked()
    {
        double[] values = [.. Enumerable.Range(1, 200).Select(i => 100 + Math.Sin(i)), 10_000];
        Assert.Equal(201, KayentaSample.Transformed(values, Either).Length);
        Assert.DoesNotContain(10_000, KayentaSample.Transformed(values, Either with { RemovesOutliers = true }));
    }

    [Theory]
    [InlineData(1.0, "High")]
    [InlineData(1.02, "High")]
    [InlineData(1.05, "Pass")]
    public void An_effect_short_of_what_is_allowed_passes(double allowed, string label) =>
        Assert.Equal(label, $"{Label(E, F, Either with { AllowedIncrease = allowed })}");

    [Theory]
    [InlineData(0.6, "High")]
    [InlineData(0.7, "Pass")]
    public void The_common_language_effect_is_the_share_of_greater_pairs(double allowed, string label) =>
        // U = 2446 of 3600.
        Assert.Equal(label, $"{Label(E, F, Either with { Effect = KayentaEffect.CommonLanguage, AllowedIncrease = allowed })}");

    [Fact]
    public void The_tolerance_of_the_solver_decides_where_values_are_small()
    {
        // Far below 1e-4 the search ends before it begins: at the ends of all differences, with the estimate on one of them.
        double[] control = [.. E.Select(v => v * 1e-8)], experiment = [.. F.Select(v => v * 1e-8)];
        var coarse = new KayentaJudge().Classify(control, experiment, Either);
        Assert.Equal(KayentaLabel.Pass, coarse.Label);
        Assert.Equal((experiment.Min() - control.Max(), experiment.Max() - control.Min()), (coarse.Low, coarse.High));
        Assert.Equal(coarse.High, coarse.Shift);

        var fine = new KayentaJudge(1e-14).Classify(control, experiment, Either);
        Assert.Equal(KayentaLabel.High, fine.Label);
        Assert.Equal(0.945e-8, fine.Low, 1e-12);
    }

    private static KayentaLabel Label(IEnumerable<double> control, IEnumerable<double> experiment, KayentaMetric metric) =>
        new KayentaJudge().Classify(control, experiment, metric).Label;

    private static double[] Of(string name) => name switch
    {
        "E" => E,
        "F" => F,
        "E+8" => [.. E.Select(v => v + 8)],
        _ => [.. E.Select(v => v - 6)],
    };
}
