using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>A candidate that is no longer where versions are listed: in a file, or behind a Service of a cluster.</summary>
public sealed class WithdrawnTests
{
    private static readonly Listing Cluster = Listing.Behind("Service shop/checkout", ["checkout-stable", "checkout-canary"]);

    [Fact]
    public void From_the_first_step_on_it_stays_as_long_as_it_has_endpoints()
    {
        Assert.Equal("wait", Decide(new Phase.Shifting(0), Missing(TimeSpan.FromHours(1)) with { AppliedGeneration = 6 }));
        Assert.Equal("hold", Decide(Observing(0), Missing(TimeSpan.FromHours(1))));
        Assert.Equal("hold", Decide(Observing(1), Missing(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void One_that_was_replaced_on_a_cluster_is_superseded_before_100_percent_only()
    {
        var replaced = Missing(TimeSpan.FromSeconds(1)) with { NewerVersion = "v3", Listing = Cluster };
        Assert.Equal("supersede", Decide(Observing(1), replaced));
        Assert.Equal("hold", Decide(new Phase.Baking(Noon), replaced));
    }

    /// <summary>On a cluster its endpoints went because it was replaced; in a file it has failed.</summary>
    [Fact]
    public void One_that_is_dead_has_failed_although_the_file_names_a_newer_one()
    {
        var dead = Missing(TimeSpan.FromSeconds(20)) with
        {
            CandidateHealth = new ArmHealth(2, 0, 2, TimeSpan.FromSeconds(20)),
            NewerVersion = "v3",
        };
        Assert.Equal("rollback", Decide(Observing(1), dead));
        Assert.Equal("supersede", Decide(Observing(1), dead with { Listing = Cluster }));
    }

    private static Seen Missing(TimeSpan time) => Seen() with { WithdrawnFor = time };

    private static string Decide(Phase phase, Seen seen) => RolloutEngine.Decide(State(phase), seen, At(Noon)).Kind;
}
