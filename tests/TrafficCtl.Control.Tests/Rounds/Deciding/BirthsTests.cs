using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Deciding;

/// <summary>The first record of a target: of the file, or of the last route where the store has lost it.</summary>
public sealed class BirthsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("v1", new string[0])]
    [InlineData("v2", new[] { "v1" })]
    [InlineData("v3", new[] { "v1", "v2" })]
    [InlineData("v9", new string[0])]
    public void What_the_file_lists_before_stable_is_passed_over(string stable, string[] passedOver)
    {
        var record = Born(LastKnown.Nothing, stable);
        Assert.Equal((stable, 0, 1), (record.LastGood, record.LastNumber, record.Generation));
        Assert.Equal(passedOver, record.Tried.Select(t => t.Version));
        Assert.All(record.Tried, t => Assert.Equal(Trial.PassedOver, t.Trial));
    }

    [Theory]
    [InlineData("checkout-default-7", 41, 7)]
    [InlineData("checkout-default-12", 41, 12)]
    [InlineData(null, 41, 41)]
    [InlineData("checkout-default-x", 41, 41)]
    [InlineData("checkout-default-", 41, 41)]
    [InlineData(null, 5_000_000_000, int.MaxValue - 1)]
    public void After_a_loss_the_number_of_a_rollout_is_one_that_none_has_had(string? rolloutId, long generation, int number)
    {
        var last = new ServiceRoute(World.Key, generation, "v2", null, rolloutId, Exposure.None);
        var record = Born(new LastKnown([ServiceRoute.Idle(new TargetKey("other", "default"), 3, "v7"), last]), "v1");
        Assert.Equal(("v2", number, generation + 1), (record.LastGood, record.LastNumber, record.Generation));
        Assert.Equal(["v1", "v3"], record.Tried.Select(t => t.Version));
    }

    [Fact]
    public void The_last_route_of_another_target_says_nothing_of_this_one()
    {
        var last = new LastKnown([ServiceRoute.Idle(new TargetKey("other", "default"), 41, "v2")]);
        var proposal = Births.Propose(new Declaration(World.Spec("v1", "v1", "v2", "v3"), last), Now);
        Assert.Equal(("born", "v1", 1), (proposal.Kind, proposal.Commit.Record.LastGood, proposal.Commit.Record.Generation));
        Assert.Equal(-1, proposal.Commit.ExpectedGeneration);
    }

    [Fact]
    public void A_store_that_began_anew_has_lost_the_state_also_where_no_route_outlived_it()
    {
        var last = new LastKnown([], "trafficctl.db was corrupt and is moved aside");
        var proposal = Births.Propose(new Declaration(World.Spec("v2", "v1", "v2", "v3"), last), Now);
        Assert.Equal("state-lost", proposal.Kind);
        Assert.Equal(["v1", "v3"], proposal.Commit.Record.Tried.Select(t => t.Version));
        Assert.Equal(
            [("state-lost", "state-lost", proposal.Why)], proposal.Commit.Facts.Select(f => (f.Kind, f.What, f.Text)));
    }

    private static ServiceRecord Born(LastKnown last, string stable) =>
        Births.Propose(new Declaration(World.Spec(stable, "v1", "v2", "v3"), last), Now).Commit.Record;
}
