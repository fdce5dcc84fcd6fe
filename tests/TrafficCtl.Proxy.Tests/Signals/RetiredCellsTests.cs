using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class RetiredCellsTests
{
    private static readonly TimeSpan Start = TimeSpan.FromDays(9);

    private readonly RetiredCells retired = new();

    [Fact]
    public void Lets_go_of_cells_at_rest_though_nobody_asks_for_the_totals()
    {
        for (var minute = 0; minute < 100; minute++)
        {
            var pair = Pair();
            pair.Candidate.Count(Outcome.Success, 0, hasUser: false);
            retired.Add(pair, Start + TimeSpan.FromMinutes(minute));
        }

        Assert.Equal(1, retired.Waiting);
        Assert.Equal(100, Totals(Start + TimeSpan.FromMinutes(200)).Requests);
        Assert.Equal(100, Totals(Start + TimeSpan.FromMinutes(200)).Requests);
    }

    [Fact]
    public void Keeps_cells_with_requests_under_way_until_they_end()
    {
        var pair = Pair();
        pair.Candidate.Start();
        retired.Add(pair, Start);
        Assert.Equal(0, Totals(Start + TimeSpan.FromHours(1)).Requests);
        Assert.Equal(1, retired.Waiting);

        pair.Candidate.End(Outcome.Success, 0, 0, 0, 0, hasUser: false);

        Assert.Equal(1, Totals(Start + TimeSpan.FromHours(1)).Requests);
        Assert.Equal(0, retired.Waiting);
    }

    private static ArmPair Pair() => ArmPair.Over([new UserTable(), new UserTable()], 1e-7);

    private Counts Totals(TimeSpan now)
    {
        Counts stable = new(), candidate = new();
        retired.AddTo(stable, candidate, now);
        return candidate;
    }
}
