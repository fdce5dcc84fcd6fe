using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Comparing;

public class RouteScenarioTests
{
    [Theory]
    [InlineData("routes3%", 200, 10)]
    [InlineData("route1%", 200, 10)]
    [InlineData("route.1%", 1000, 30)]
    public void A_route_that_fails_wholly_is_found(string scenario, double requestsPerSecond, int minutes)
    {
        var late = 0;
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var run = Play(scenario, requestsPerSecond, seed);
            Assert.Equal(RunEnd.RolledBack, run.End);
            if (run.RolledBackAfter!.Value > minutes * 60) late++;
        }

        // Of a hundred seeds of route1% two are late: few of its requests meet the candidate in the first minutes.
        Assert.InRange(late, 0, 1);
    }

    [Theory]
    [InlineData("null_routes")]
    [InlineData("null_flood")]
    public void Fifty_routes_that_are_as_good_as_before_take_nothing_back(string scenario)
    {
        for (var seed = 1UL; seed <= 6; seed++) Assert.NotEqual(RunEnd.RolledBack, Play(scenario, 200, seed).End);
    }

    [Fact]
    public void Every_request_and_every_failure_is_on_one_route()
    {
        foreach (var name in new[] { "null_routes", "null_flood", "routes3%" })
        {
            var service = new Service(ScenarioCatalog.Find(name)!, 500, 3, 600, 0);
            for (var i = 0; i < 20; i++)
            {
                var tick = service.Next(Weights.OfCandidate(2500));
                Assert.Equal(51, tick.Paths!.Count);
                foreach (var counts in new[] { tick.Stable, tick.Candidate })
                {
                    var paths = counts.Paths!;
                    Assert.Equal(counts.Requests, Enumerable.Range(0, paths.Groups).Sum(g => paths[g, PathCount.Requests]));
                    Assert.Equal(counts.Failures, Enumerable.Range(0, paths.Groups).Sum(g => paths[g, PathCount.Failures]));
                    Assert.Equal(counts.Latency.Sum(), Enumerable.Range(0, paths.Groups).Sum(g => paths.Times(g).ToArray().Sum()));
                }
            }
        }
    }

    private static RunResult Play(string scenario, double requestsPerSecond, ulong seed) =>
        ComparedRollout.Play(
            ScenarioCatalog.Find(scenario)!, requestsPerSecond, RuleCatalog.Find("ours")!, seed, ComparisonPlan.HorizonSeconds);
}
