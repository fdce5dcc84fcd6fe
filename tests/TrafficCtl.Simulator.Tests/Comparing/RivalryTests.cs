using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Comparing;

public class RivalryTests
{
    [Fact]
    public void The_best_other_rule_is_one_that_goes_back_falsely_no_more_often()
    {
        var rivalry = Assert.Single(Rivalry.Of("ours",
        [
            Cell("null", "ours", 0, 0), Cell("null", "hasty", 30, 0), Cell("null", "careful", 1, 0), Cell("null", "blind", 0, 0),
            Cell("err.1-1", "ours", 100, 20), Cell("err.1-1", "hasty", 100, 5), Cell("err.1-1", "careful", 100, 50),
            Cell("err.1-1", "blind", 0, 900),
        ]));
        Assert.Equal(("ours", "careful"), (rivalry.Own.Rule, rivalry.Best!.Rule));
        Assert.Equal(0.4, rivalry.Ratio!.Value, 12);
    }

    [Fact]
    public void A_regression_is_weighed_with_the_null_of_its_own_kind()
    {
        var rivalry = Assert.Single(Rivalry.Of("ours",
        [
            Cell("null", "ours", 0, 0), Cell("null", "other", 0, 0), Cell("null_sticky", "ours", 0, 0), Cell("null_sticky", "other", 50, 0),
            Cell("users1%", "ours", 100, 20), Cell("users1%", "other", 100, 5),
        ]));
        Assert.Null(rivalry.Best);
        Assert.Null(rivalry.Ratio);
        Assert.All(ScenarioCatalog.All, s => Assert.True(ScenarioCatalog.Find(s.NullName)!.IsNull));
    }

    [Fact]
    public void Without_its_null_a_regression_is_not_weighed() =>
        Assert.Empty(Rivalry.Of("ours", [Cell("err.1-1", "ours", 100, 20), Cell("err.1-1", "other", 100, 5)]));

    /// <summary>A hundred runs of which so many went back, and the rest were promoted.</summary>
    private static Cell Cell(string scenario, string rule, int back, double bad) => Simulator.Comparing.Cell.Of(
        ScenarioCatalog.Find(scenario)!, 50, rule,
        [.. Enumerable.Range(0, 100).Select(i => i < back
            ? new RunResult(RunEnd.RolledBack, null, 60, bad)
            : new RunResult(RunEnd.Promoted, 300, null, bad))]);
}
