using TrafficCtl.Simulator.TypeI;
using Xunit;

namespace TrafficCtl.Simulator.Tests.TypeI;

public class TypeICheckTests
{
    private static readonly TypeIPlan Small = new([NullCatalog.All[0], NullCatalog.All[^1]], 4, 300, 3);

    [Fact]
    public void Is_the_same_for_a_seed_on_any_number_of_threads()
    {
        var one = TypeICheck.Run(Small, 1, null, default);
        Assert.Equal(one.AsEnumerable(), TypeICheck.Run(Small, 3, null, default));
        Assert.All(one, c => Assert.Equal(4, c.Guarded.Of));
    }

    [Fact]
    public void Counts_a_candidate_that_is_worse_for_all_three()
    {
        var worse = NullCatalog.All[1] with { Scenario = NullCatalog.All[1].Scenario with { CandidateErrorRate = 0.03 } };
        var cell = TypeICheck.Run(Small with { Cases = [worse] }, 2, null, default)[0];
        Assert.Equal((4, 4, 4, 0), (cell.Guarded.Count, cell.Bare.Count, cell.Errors.Count, cell.Unsure.Count));
    }

    [Fact]
    public void Ends_in_the_middle_of_a_run_when_it_is_asked_to()
    {
        using var stop = new CancellationTokenSource();
        var plan = Small with { Runs = 50, Looks = 2000 };
        Assert.ThrowsAny<OperationCanceledException>(() => TypeICheck.Run(plan, 2, _ => stop.Cancel(), stop.Token));
    }

    [Fact]
    public void An_edge_is_just_as_bad_as_harm_tolerates_and_margins_are_those_of_the_judge()
    {
        var edge = NullCatalog.All.First(c => c.Scenario.Name == "iid_edge").Scenario;
        Assert.Equal((0.003 * 1.1) + 0.0002, edge.CandidateErrorRate!.Value, 12);
        var offsets = NullCatalog.All.First(c => c.Scenario.Name == "offsets.5").Scenario.Offsets!;
        Assert.Equal(Math.Log(edge.CandidateErrorRate.Value / 0.003) / 2, offsets.Errors, 12);
        Assert.Equal(Math.Log(1.05) / 2, offsets.Latency, 12);
        Assert.Equal(NullCatalog.All.Length, NullCatalog.All.Select(c => (c.Scenario.Name, c.RequestsPerSecond)).Distinct().Count());
    }
}
