using System.Collections.Immutable;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Comparing;

public class RuleComparisonTests
{
    private static readonly ComparisonPlan Small = new(
        [ScenarioCatalog.Find("null_burst")!, ScenarioCatalog.Find("err.1-1")!, ScenarioCatalog.Find("users1%")!],
        [5, 50], RuleCatalog.All, 3, 17);

    [Fact]
    public void Is_the_same_for_a_seed_on_any_number_of_threads()
    {
        var one = RuleComparison.Run(Small, 1, null, default);
        Assert.Equal(one.AsEnumerable(), RuleComparison.Run(Small, 4, null, default));
        Assert.NotEqual(one.AsEnumerable(), RuleComparison.Run(Small with { Seed = 18 }, 4, null, default));
        Assert.Equal(Small.Cells, one.Length);
    }

    [Fact]
    public void Tells_how_far_it_is_and_stops_when_asked()
    {
        using var stop = new CancellationTokenSource();
        long most = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => RuleComparison.Run(Small with { Runs = 10_000 }, 2, done =>
        {
            lock (stop) most = Math.Max(most, done);
            if (done == 5) stop.Cancel();
        }, stop.Token));
        Assert.InRange(most, 5, 100);
    }

    [Fact]
    public void Ours_takes_a_plain_regression_back_and_lets_an_equal_version_through()
    {
        ImmutableArray<Scenario> scenarios = [ScenarioCatalog.Find("null")!, ScenarioCatalog.Find("err.5-5")!];
        var cells = RuleComparison.Run(new ComparisonPlan(scenarios, [500], [RuleCatalog.Find("ours")!], 6, 1), 2, null, default);
        Assert.Equal((6, 0), (cells[0].Promoted.Count, cells[0].RolledBack.Count));
        Assert.Equal((0, 6), (cells[1].Promoted.Count, cells[1].RolledBack.Count));
        Assert.Equal(0, cells[0].BadResponses);
        Assert.InRange(cells[1].MinutesToRollback!.Value, 0.2, 3);
    }
}
