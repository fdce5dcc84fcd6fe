using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Comparing;

public class CellTests
{
    [Fact]
    public void Sums_up_hand_made_runs()
    {
        var cell = Cell.Of(ScenarioCatalog.Find("leak")!, 50, "ours",
        [
            new(RunEnd.RolledBack, null, 60, 10),
            new(RunEnd.RolledBack, null, 180, 20),
            new(RunEnd.RolledBack, 4000, 6000, 30),
            new(RunEnd.Promoted, 4200, null, 100),
            new(RunEnd.Running, null, null, 40),
        ]);
        Assert.Equal(
            (5, 3, 1, 1, 1), (cell.Runs, cell.RolledBack.Count, cell.RolledBackFromAll.Count, cell.Promoted.Count, cell.Held.Count));
        Assert.Equal(3, cell.MinutesToRollback);
        Assert.Equal((4000 + 4200) / 2.0 / 60, cell.MinutesToPromote!.Value, 12);
        Assert.Equal(40, cell.BadResponses);
        Assert.Equal(Math.Sqrt((900 + 400 + 100 + 3600 + 0) / 4.0 / 5), cell.BadResponsesError, 12);
    }

    [Fact]
    public void Times_are_unknown_where_nothing_happened()
    {
        var cell = Cell.Of(ScenarioCatalog.Find("null")!, 50, "ours", [new(RunEnd.Running, null, null, 0)]);
        Assert.Null(cell.MinutesToRollback);
        Assert.Null(cell.MinutesToPromote);
        Assert.True(double.IsNaN(cell.BadResponsesError));
    }

    [Theory]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(20, 20, 0.8389, 1)]
    [InlineData(10, 1000, 0.0054, 0.0183)]
    [InlineData(5, 10, 0.2366, 0.7634)]
    public void A_share_has_the_interval_of_wilson(int count, int of, double low, double high)
    {
        var share = new Share(count, of);
        Assert.Equal(low, share.Low, 4);
        Assert.Equal(high, share.High, 4);
    }
}
