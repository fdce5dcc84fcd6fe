using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class TargetRulesTests
{
    [Fact]
    public void A_target_that_was_away_converges_to_todays_bundle_and_not_to_the_one_it_missed()
    {
        var line = Fleet("a", "b").Publish("v1").Roll("prod", "v1", "a").Roll("prod", "v1", "b").Connect("prod", "b", false);
        Assert.Equal(TargetAction.Wait, line.Publish("v2").Target("prod", "b").Action);
        line.Roll("prod", "v2", "a").Publish("v3").Roll("prod", "v3", "a").Connect("prod", "b", true);
        var target = line.Target("prod", "b");
        Assert.Equal((TargetAction.Start, "v3", StartReason.Convergence), (target.Action, target.Bundle?.Name, target.Reason));
    }

    [Fact]
    public void Disconnected_targets_do_not_keep_a_bundle_from_Good_up_to_the_tolerance()
    {
        var line = new Delivery(
            Env("prod") with { Targets = ["a", "b", "c"], Tolerate = 1 }, Env("next", "prod")).Publish("v1").Connect("prod", "c", false);
        line.Roll("prod", "v1", "a").Roll("prod", "v1", "b");
        Assert.Equal("v1", line.Desired("next"));
        line.Publish("v2").Roll("prod", "v2", "a").Connect("prod", "b", false);
        Assert.Equal("v1", line.Desired("next"));
        Assert.Contains(line.Decide("prod").Blocks, b => b.Why.StartsWith("2 targets are not connected", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_begun_on_a_target_that_went_away_keeps_no_bundle_from_Good()
    {
        var line = new Delivery(Env("prod") with { Targets = ["a", "b"], Tolerate = 1 }).Publish("v1");
        line.Roll("prod", "v1", "a").Roll("prod", "v1", "b").Publish("v2");
        line.Start("prod", "v2", target: "a").Start("prod", "v2", target: "b").Connect("prod", "b", false);
        line.Promote("prod", "v2", "a").Finish("prod", "v2", "a");
        Assert.Equal(BundleStage.Good, line.Phase("prod", "v2").Stage);
        line.Connect("prod", "b", true);
        Assert.Equal(BundleStage.Deploying, line.Phase("prod", "v2").Stage);
    }

    [Fact]
    public void No_bundle_is_Good_where_every_target_is_away()
    {
        var line = new Delivery(Env("prod"), Env("next", "prod")).Publish("v1").Start("prod", "v1").Connect("prod", "default", false);
        line.Finish("prod", "v1");
        Assert.Null(line.Desired("next"));
    }

    [Fact]
    public void A_new_target_starts_at_the_last_good_bundle_while_another_is_on_its_way()
    {
        var line = Fleet("a").Publish("v1").Roll("prod", "v1", "a").Publish("v2").Start("prod", "v2", target: "a");
        line.Change(Env("prod") with { Targets = ["a", "b"] });
        Assert.Equal(("v2", "v1"), (line.Desired("prod"), line.Target("prod", "b").Bundle?.Name));
        line.Start("prod", "v1", StartReason.Convergence, "b");
        Assert.Equal(TargetAction.Continue, line.Target("prod", "b").Action);
        line.Promote("prod", "v1", "b");
        Assert.Equal(TargetAction.Wait, line.Target("prod", "b").Action);
        line.Finish("prod", "v1", "b");
        Assert.Equal((TargetAction.Start, "v2"), (line.Target("prod", "b").Action, line.Target("prod", "b").Bundle?.Name));
    }

    [Fact]
    public void A_new_target_never_starts_at_something_newer_than_what_the_environment_is_to_run()
    {
        var line = Fleet("a").Publish("v1").Roll("prod", "v1", "a").Publish("v2").Roll("prod", "v2", "a");
        line.Tell(s => new PromotionFact.Pinned(s, "prod", line.Hash("v1")));
        line.Start("prod", "v1", StartReason.Pin, "a").Promote("prod", "v1", "a").Tell(s => new PromotionFact.Unpinned(s, "prod"));
        line.Change(Env("prod") with { Targets = ["a", "b"] });
        Assert.Equal(("v1", "v1"), (line.Desired("prod"), line.Target("prod", "b").Bundle?.Name));
    }

    [Fact]
    public void A_good_bundle_that_fails_on_a_new_target_stops_that_target_and_not_the_bundle()
    {
        var line = Fleet("a").Publish("v1").Roll("prod", "v1", "a");
        line.Change(Env("prod") with { Targets = ["a", "b"] });
        line.Start("prod", "v1", StartReason.Convergence, "b").Fail("prod", "v1", to: null, "b");
        Assert.Empty(line.State.Vetoes);
        Assert.Equal((TargetAction.Keep, TargetAction.Wait), (line.Target("prod", "a").Action, line.Target("prod", "b").Action));
        line.Tell(s => new PromotionFact.LineReleased(s, new("prod", "b")));
        Assert.Equal(TargetAction.Start, line.Target("prod", "b").Action);
    }

    [Fact]
    public void A_target_that_comes_back_with_a_vetoed_bundle_goes_back()
    {
        var line = Fleet("a", "b").Publish("v1").Roll("prod", "v1", "a").Roll("prod", "v1", "b");
        line.Publish("v2").Roll("prod", "v2", "a").Roll("prod", "v2", "b").Connect("prod", "b", false).Veto("prod", "v2");
        line.Withdraw("prod", "v2", "v1", "a").Connect("prod", "b", true);
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("prod", "b").Action, line.Target("prod", "b").Bundle?.Name));
    }

    private static Delivery Fleet(params string[] targets) => new(Env("prod") with { Targets = [.. targets] });
}
