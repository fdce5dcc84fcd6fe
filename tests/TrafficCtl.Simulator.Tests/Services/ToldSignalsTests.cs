using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Services;
using TrafficCtl.Simulator.TypeI;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Services;

/// <summary>Client errors, sizes, clients that leave and scanners: only where a scenario has them.</summary>
public class ToldSignalsTests
{
    private static readonly Weights Half = Weights.OfCandidate(5000);

    [Fact]
    public void Scenarios_without_them_tell_nothing_of_them()
    {
        foreach (var scenario in ScenarioCatalog.All.Where(s => s.Refusals is null && s.Hangs is null && s.Bodies is null))
        {
            var tick = new Service(scenario, 500, 1, 300, 2).Next(Half);
            Assert.All([tick.Stable, tick.Candidate], c => Assert.True(c is { TellsClientErrors: false, Sizes: null, Abandoned: null }));
        }
    }

    [Fact]
    public void Every_arm_refuses_its_share_with_its_status()
    {
        var (stable, candidate) = Sum(ScenarioCatalog.Find("10%429")!, 60);
        Assert.True(stable.TellsClientErrors && candidate.TellsClientErrors);
        Assert.Equal(0.02, stable.ClientErrors / (double)stable.Requests, 0.003);
        Assert.Equal(0.10, candidate.ClientErrors / (double)candidate.Requests, 0.005);
        Assert.Equal(candidate.ClientErrors, candidate.ByStatus![ClientStatuses.IndexOf(429)]);
        Assert.Equal(stable.ClientErrors, stable.ByStatus![ClientStatuses.IndexOf(404)]);
    }

    [Fact]
    public void A_scanner_counts_three_times_in_ten_minutes_and_keeps_its_version()
    {
        var scenario = ScenarioCatalog.Find("null_scanner")! with { Refusals = new RefusedShares(0, 0), Scanners = new Scanners(40, 2) };
        var (stable, candidate) = Sum(scenario, 120);
        Assert.Equal(3 * 40, stable.CappedClientErrors + candidate.CappedClientErrors);
        Assert.InRange(stable.ClientErrors + candidate.ClientErrors, 0.95 * 40 * 2 * 600, 1.05 * 40 * 2 * 600);
        Assert.InRange(candidate.CappedClientErrors, 3 * 8, 3 * 32);
        foreach (var arm in new[] { stable, candidate }) Assert.Equal(arm.ClientErrors - arm.CappedClientErrors, arm.ClientErrorExcess);
    }

    [Fact]
    public void Clients_of_what_hangs_leave_after_their_time_and_are_late()
    {
        var (stable, candidate) = Sum(ScenarioCatalog.Find("hang30%")!, 60);
        Assert.Equal((0, 0), (stable.AbandonedTotal, stable.Late));
        Assert.Equal(0.3, candidate.AbandonedTotal / (double)(candidate.Requests + candidate.AbandonedTotal), 0.01);
        Assert.Equal(candidate.AbandonedTotal, candidate.Late);
        Assert.Equal(candidate.AbandonedTotal, candidate.Abandoned![candidate.Layout.IndexOf(2)]);
    }

    [Fact]
    public void Every_successful_answer_has_a_size_around_the_median_or_none_at_all()
    {
        var (stable, candidate) = Sum(ScenarioCatalog.Find("empty200")!, 60);
        Assert.Equal(stable.ByOutcome[(int)Outcome.Success], stable.Sizes!.Sum());
        Assert.Equal(0.5, stable.Sizes!.Take(SizeBuckets.IndexOf(8192) + 1).Sum() / (double)stable.Sizes!.Sum(), 0.02);
        Assert.Equal(candidate.ByOutcome[(int)Outcome.Success], candidate.Sizes![0]);
    }

    [Fact]
    public void The_edge_of_client_errors_is_three_times_stable_and_ten_points()
    {
        var edge = NullCatalog.All.First(c => c.Scenario.Name == "clients_edge").Scenario.Refusals!;
        Assert.Equal((3 * edge.Stable) + 0.10, edge.Candidate, 12);
        Assert.True(NullCatalog.All.Where(c => c.Scenario.Refusals is not null).All(c => c.IsPromised));
    }

    private static (Counts Stable, Counts Candidate) Sum(Scenario scenario, int ticks)
    {
        var service = new Service(scenario, 500, 3, 300, 0);
        Counts stable = new(service.Past.Layout), candidate = new(service.Past.Layout);
        for (var i = 0; i < ticks; i++)
        {
            var tick = service.Next(Half);
            stable.Add(tick.Stable);
            candidate.Add(tick.Candidate);
        }

        return (stable, candidate);
    }
}
