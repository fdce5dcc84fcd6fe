using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Rules.Argo;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Argo;

public class ArgoRuleTests
{
    // Windows end at the measurements (10 s, 70 s, 130 s...) and at the pauses' ends (60 s, 120 s...).
    [Theory]
    [InlineData("good good good good good good good good good good", "10 10 20 20 30 30 40 40 50 50 promoted")]
    // The fourth failure is one more than is tolerated, and acts at once: at 10, 70, 130 and 190 s.
    [InlineData("bad bad bad bad bad bad bad", "10 10 20 20 30 30 40 back")]
    // Three failures are.
    [InlineData("bad bad bad bad bad good good good good good", "10 10 20 20 30 30 40 40 50 50 promoted")]
    // The error of time 0 and four more, each ten seconds after the other.
    [InlineData("silent silent silent silent", "10 10 10 10 back")]
    [InlineData("silent silent silent good good good good good good good", "10 10 10 10 10 20 20 30 30 40 40")]
    // Once a series exists nothing is NaN, and NaN is no success.
    [InlineData("good silent silent silent silent silent silent silent silent", "10 10 20 20 30 30 40 40 50 back")]
    [InlineData("slow slow slow slow slow slow slow", "10 10 20 20 30 30 40 back")]
    public void Acts_at_each_measurement_and_pause_as_Argo(string windows, string weights) =>
        Assert.Equal(weights, Windows.Play(new ArgoRule().Begin(new RuleSetting(new Baseline())), windows));

    [Fact]
    public void The_first_measurement_finds_no_series_and_is_repeated_after_ten_seconds()
    {
        var run = new ArgoRule().Begin(new RuleSetting(new Baseline()));
        Assert.Equal(10, run.IntervalSeconds);
        run.Observe(new(10, Windows.Good, Windows.Good, run.Weights, default, default), 10);
        Assert.Equal(50, run.IntervalSeconds);
        run.Observe(new(50, Windows.Good, Windows.Good, run.Weights, default, default), 60);
        Assert.Equal(10, run.IntervalSeconds);
    }

    [Fact]
    public void An_inconclusive_analysis_leaves_it_paused_for_a_person()
    {
        var unclear = ArgoRule.SuccessRate with { Failure = value => value < 0 };
        var run = new ArgoRun(new ArgoAnalysis(unclear), LatencyLayout.Proxy);
        Assert.Equal("10 10 10", Windows.Play(run, "bad good"));
        Assert.True(run.IsOver);
        Assert.Equal(RunEnd.Running, run.End);
    }
}
