using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Rules.Flagger;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Flagger;

/// <summary>Tick by tick, as Flagger's scheduler would.</summary>
public class FlaggerRuleTests
{
    [Theory]
    [InlineData("good good good good good", "10 20 30 40 50 promoted")]
    // Back one interval after the last check that was allowed: threshold + 1.
    [InlineData("bad bad bad bad bad good", "10 10 10 10 10 10 back")]
    // A good tick takes no failed check away.
    [InlineData("bad good bad good bad good bad good bad good", "10 10 20 20 30 30 40 40 50 50 back")]
    // The fifth failed check at the last step is still in time.
    [InlineData("good good good good bad bad bad bad bad good", "10 20 30 40 50 50 50 50 50 50 back")]
    [InlineData("good good good good bad bad bad bad good good", "10 20 30 40 50 50 50 50 50 promoted promoted")]
    // No values fail.
    [InlineData("silent silent silent silent silent silent", "10 10 10 10 10 10 back")]
    [InlineData("slow slow slow slow slow good", "10 10 10 10 10 10 back")]
    public void Acts_at_each_tick_as_Flagger(string ticks, string weights) =>
        Assert.Equal(weights, Windows.Play(Begin(new FlaggerSettings()), ticks));

    [Theory]
    [InlineData(1, "bad good", "10 10 back")]
    [InlineData(3, "bad bad bad good", "10 10 10 10 back")]
    [InlineData(10, "bad bad bad bad bad bad bad bad bad bad good", "10 10 10 10 10 10 10 10 10 10 10 back")]
    public void Goes_back_threshold_and_one_intervals_after_the_bad_weight(int threshold, string ticks, string weights) =>
        Assert.Equal(weights, Windows.Play(Begin(new FlaggerSettings(Threshold: threshold)), ticks));

    [Theory]
    [InlineData(20, 50, "good good good", "20 40 60 promoted")]
    [InlineData(30, 100, "good good good good", "30 60 90 100 promoted")]
    public void Overshoots_its_maximum_but_not_all(int step, int most, string ticks, string weights) =>
        Assert.Equal(weights, Windows.Play(Begin(new FlaggerSettings(StepWeight: step, MaxWeight: most)), ticks));

    [Theory]
    [InlineData(1000, 10, 0.08, 0)]
    [InlineData(1000, 11, 0.08, 1)]
    [InlineData(1000, 0, 0.49, 0)]
    [InlineData(1000, 0, 0.51, 1)]
    [InlineData(0, 0, 0.08, 1)]
    public void Counts_a_check_beyond_its_thresholds(long requests, long failures, double seconds, int failed)
    {
        var run = (FlaggerRun)Begin(new FlaggerSettings());
        var candidate = Windows.Of(requests, failures, seconds);
        run.Observe(new(60, Windows.Good, candidate, run.Weights, default, default), 60);
        Assert.Equal(failed, run.FailedChecks);
    }

    [Fact]
    public void One_tick_counts_one_failed_check_however_many_metrics_fail()
    {
        var run = (FlaggerRun)Begin(new FlaggerSettings());
        run.Observe(new(60, Windows.Good, Windows.Of(1000, 500, 0.7), run.Weights, default, default), 60);
        Assert.Equal(1, run.FailedChecks);
    }

    private static IRuleRun Begin(FlaggerSettings settings) => new FlaggerRule("flagger", settings).Begin(new RuleSetting(new Baseline()));
}
