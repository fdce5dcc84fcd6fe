using System.Globalization;
using TrafficCtl.Simulator.Rules.Argo;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Argo;

/// <summary>Measurements to verdicts, as Argo's analysis controller.</summary>
public class ArgoAnalysisTests
{
    private static readonly Func<double, bool> AtLeastHalf = value => value >= 0.5, UnderTenth = value => value < 0.1;

    [Theory]
    [InlineData("S", "0.7", "Successful")]
    [InlineData("S", "0.3", "Failed")]
    [InlineData("S", "NaN", "Failed")]
    [InlineData("F", "0.3", "Successful")]
    [InlineData("F", "0.05", "Failed")]
    [InlineData("F", "NaN", "Successful")]
    [InlineData("SF", "0.7", "Successful")]
    [InlineData("SF", "0.3", "Inconclusive")]
    [InlineData("SF", "0.05", "Failed")]
    [InlineData("SF", "NaN", "Inconclusive")]
    [InlineData("", "0.7", "Successful")]
    [InlineData("", "none", "Successful")]
    [InlineData("S", "none", "Error")]
    [InlineData("SF", "none", "Error")]
    public void A_measurement_is_told_by_the_conditions_that_are_given(string conditions, string result, string phase)
    {
        var metric = new ArgoMetric("m", conditions.Contains('S') ? AtLeastHalf : null, conditions.Contains('F') ? UnderTenth : null);
        Assert.Equal(phase, $"{metric.Measure(Vector(result))}");
    }

    [Theory]
    // Limits are what is still tolerated.
    [InlineData(1, 0, 4, "0 1 0", "Failed")]
    [InlineData(2, 0, 4, "0 1 0", "Running")]
    [InlineData(9, 1, 4, "0.3 1 0.3", "Inconclusive")]
    [InlineData(9, 0, 2, "none none none", "Error")]
    // Errors count in a row only.
    [InlineData(9, 0, 2, "none none 1 none none", "Running")]
    public void A_metric_ends_beyond_its_limits(int failures, int inconclusives, int errors, string results, string phase)
    {
        var run = new ArgoMetricRun(
            Endless with { FailureLimit = failures, InconclusiveLimit = inconclusives, ConsecutiveErrorLimit = errors });
        Assert.Equal(phase, $"{Take(run, results)}");
    }

    [Fact]
    public void A_later_limit_overwrites_an_earlier_one()
    {
        // Such a state is reached in one measurement only if the limit is below nothing; the order is what matters.
        Assert.Equal(ArgoPhase.Inconclusive, Take(new ArgoMetricRun(Endless with { FailureLimit = -1 }), "0.3"));
        Assert.Equal(
            ArgoPhase.Error,
            Take(new ArgoMetricRun(Endless with { FailureLimit = -1, InconclusiveLimit = -1, ConsecutiveErrorLimit = 0 }), "none"));
        Assert.Equal(ArgoPhase.Inconclusive, Take(new ArgoMetricRun(Endless with { FailureLimit = -1, InconclusiveLimit = -1 }), "0"));
    }

    [Fact]
    public void A_count_is_reached_by_measurements_without_error()
    {
        var run = new ArgoMetricRun(Endless with { Count = 3, FailureLimit = 1 });
        Assert.Equal(ArgoPhase.Running, Take(run, "1 none 0 none"));
        Assert.Equal(ArgoPhase.Successful, Take(run, "1"));
        Assert.Equal(ArgoPhase.Successful, Take(new ArgoMetricRun(Endless with { IntervalSeconds = null }), "1"));
    }

    [Fact]
    public void The_next_measurement_follows_the_end_of_the_last_and_ten_seconds_after_an_error()
    {
        var run = new ArgoMetricRun(Endless with { IntervalSeconds = 60, InitialDelaySeconds = 30 });
        Assert.Equal(30, run.DueAt);
        run.Take([1], 33);
        Assert.Equal(93, run.DueAt);
        run.Take([], 95);
        Assert.Equal(105, run.DueAt);
        run.Take([1], 105);
        Assert.Equal(165, run.DueAt);
    }

    [Fact]
    public void A_metric_ended_before_it_was_measured_is_successful()
    {
        var analysis = new ArgoAnalysis(Endless with { InitialDelaySeconds = 600 });
        Assert.Equal(ArgoPhase.Running, analysis.Phase);
        analysis.Terminate();
        Assert.Equal(ArgoPhase.Successful, analysis.Phase);
        Assert.Equal(double.PositiveInfinity, analysis.DueAt);
    }

    [Fact]
    public void A_metric_ended_among_tolerated_errors_and_failures_is_successful()
    {
        var analysis = new ArgoAnalysis(Endless with { FailureLimit = 3 });
        foreach (var result in new[] { "0", "none", "none", "0" }) analysis.Measure(analysis.DueAt, _ => Vector(result));
        analysis.Terminate();
        Assert.Equal(ArgoPhase.Successful, analysis.Phase);
    }

    [Theory]
    [InlineData("1", "0", "Failed")]
    [InlineData("0.3", "0", "Failed")]
    [InlineData("0.3", "1", "Inconclusive")]
    public void The_worst_metric_speaks_for_the_run_and_ends_the_others(string first, string second, string phase)
    {
        var (one, other) = (Endless with { Name = "one" }, Endless with { Name = "other" });
        var analysis = new ArgoAnalysis(one, other);
        analysis.Measure(0, metric => Vector(metric == one ? first : second));
        Assert.Equal(phase, $"{analysis.Phase}");
        Assert.Equal(double.PositiveInfinity, analysis.DueAt);
    }

    private static ArgoMetric Endless => new("m", AtLeastHalf, UnderTenth) { IntervalSeconds = 60 };

    private static ArgoPhase Take(ArgoMetricRun run, string results)
    {
        foreach (var result in results.Split(' ')) run.Take(Vector(result), run.DueAt);
        return run.Phase;
    }

    private static double[] Vector(string result) => result == "none" ? [] : [double.Parse(result, CultureInfo.InvariantCulture)];
}
