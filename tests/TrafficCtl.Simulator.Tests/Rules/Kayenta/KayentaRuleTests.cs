using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Rules.Kayenta;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Kayenta;

public class KayentaRuleTests
{
    [Theory]
    [InlineData(0, RunEnd.Promoted)]
    [InlineData(30, RunEnd.RolledBack)]
    public void Exposes_for_an_hour_whatever_happens_and_judges_once(int more, RunEnd end)
    {
        var run = new KayentaRule().Begin(new RuleSetting(new Baseline()));
        for (var minute = 1; minute <= 60; minute++)
        {
            Assert.Equal((1000, RunEnd.Running), (run.Weights.Candidate, run.End));
            var (stable, candidate) = (Windows.Of(9000, 90 + (minute % 7)), Windows.Of(1000, 10 + more + (minute * 3 % 5) - 2));
            run.Observe(new Tick(60, stable, candidate, run.Weights, default, default), minute * 60);
        }

        Assert.Equal(end, run.End);
        Assert.True(run.IsOver);
        Assert.Equal(end == RunEnd.Promoted ? 10_000 : 0, run.Weights.Candidate);
    }

    [Fact]
    public void Without_any_requests_it_goes_back()
    {
        var run = new KayentaRule().Begin(new RuleSetting(new Baseline()));
        for (var minute = 1; minute <= 60; minute++)
            run.Observe(new Tick(60, Windows.Good, Windows.Silent, run.Weights, default, default), minute * 60);
        Assert.Equal(RunEnd.RolledBack, run.End);
    }
}
