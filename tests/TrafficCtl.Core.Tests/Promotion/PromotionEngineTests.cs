using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class PromotionEngineTests
{
    [Fact]
    public void A_bundle_enters_the_first_environment_at_once_and_the_next_when_it_is_Good_there()
    {
        var line = Line().Publish("v1");
        Assert.Equal("v1", line.Desired("test"));
        Assert.Null(line.Desired("staging"));
        Assert.Equal((BlockKind.Upstream, "test"), (line.Block("staging").Kind, line.Block("staging").Subject));
        line.Start("test", "v1").Promote("test", "v1");
        Assert.Null(line.Desired("staging"));
        line.Finish("test", "v1");
        Assert.Equal("v1", line.Desired("staging"));
        Assert.Null(line.Desired("prod"));
        line.Roll("staging", "v1").Roll("prod", "v1");
        Assert.Equal(new(BundleStage.Good), line.Phase("prod", "v1"));
    }

    [Fact]
    public void An_environment_after_two_others_needs_both()
    {
        var line = new Delivery(Env("eu"), Env("us"), new("world") { After = ["eu", "us"] }).Publish("v1").Roll("eu", "v1");
        Assert.Null(line.Desired("world"));
        Assert.Equal("v1", line.Roll("us", "v1").Desired("world"));
    }

    [Fact]
    public void Phases_follow_each_other()
    {
        var line = Line().Publish("v1");
        Assert.Equal(new(BundleStage.Approved), line.Phase("test", "v1"));
        Assert.Equal(new(BundleStage.Pending), line.Phase("staging", "v1"));
        line.Start("test", "v1").Tell(s => new PromotionFact.RolloutStepped(s, "test", "default", line.Hash("v1"), 2));
        Assert.Equal(new(BundleStage.Deploying, 2), line.Phase("test", "v1"));
        Assert.Equal(new(BundleStage.Baking), line.Promote("test", "v1").Phase("test", "v1"));
        Assert.Equal(new(BundleStage.Good), line.Finish("test", "v1").Phase("test", "v1"));
        line.Publish("v2").Start("test", "v2").Publish("v3").Start("test", "v3").Promote("test", "v3");
        Assert.Equal(new(BundleStage.Previous), line.Phase("test", "v1"));
        Assert.DoesNotContain(line.Decide("test").Bundles, v => v.Bundle.Name == "v2");
        line.Fail("test", "v3", to: "v1");
        Assert.Equal(new(BundleStage.Vetoed), line.Phase("test", "v3"));
        line.Tell(s => new PromotionFact.Unvetoed(s, "test", line.Hash("v3")));
        Assert.Equal(new(BundleStage.Approved), line.Phase("test", "v3"));
    }

    [Fact]
    public void A_bundle_between_100_percent_and_Good_keeps_its_seat_and_then_the_newest_takes_it()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2").Start("test", "v2").Promote("test", "v2");
        line.Publish("v3").Publish("v4");
        Assert.Equal(("v2", DesiredBy.Seat), (line.Desired("test"), line.Decide("test").By));
        Assert.All(line.Decide("test").Blocks, b => Assert.Equal(BlockKind.Seat, b.Kind));
        Assert.Equal("v4", line.Finish("test", "v2").Desired("test"));
    }

    [Fact]
    public void Before_100_percent_a_newer_bundle_supersedes()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2").Start("test", "v2").Publish("v3");
        Assert.Equal(TargetAction.Start, line.Target("test").Action);
        Assert.Equal("v3", line.Target("test").Bundle?.Name);
    }

    [Fact]
    public void A_superseded_bundle_never_comes_back_by_itself()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2").Start("test", "v2").Publish("v3").Start("test", "v3");
        line.Fail("test", "v3", to: "v1");
        Assert.Equal(("v1", DesiredBy.LastGood), (line.Desired("test"), line.Decide("test").By));
    }

    [Fact]
    public void An_older_bundle_that_was_skipped_upstream_never_overtakes_the_newest()
    {
        var line = Line().Publish("v1").Publish("v2").Roll("test", "v2").Roll("staging", "v2").Roll("prod", "v2");
        line.Veto("prod", "v2");
        Assert.Null(line.Desired("prod"));
        Assert.Equal(TargetAction.Keep, line.Target("prod").Action);
        Assert.Contains("nothing to go back to", line.Target("prod").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void While_a_gate_waits_targets_converge_to_what_the_environment_has()
    {
        var line = new Delivery(new EnvironmentSpec("prod") { Targets = ["a", "b"], Needs = [Approve] }).Publish("v1");
        line.Answer("prod", "approve", "v1").Roll("prod", "v1", "a").Roll("prod", "v1", "b").Publish("v2");
        line.Change(new EnvironmentSpec("prod") { Targets = ["a", "b", "c"], Needs = [Approve] });
        Assert.Equal(("v1", DesiredBy.Settled), (line.Desired("prod"), line.Decide("prod").By));
        Assert.Equal((TargetAction.Start, StartReason.Convergence), (line.Target("prod", "c").Action, line.Target("prod", "c").Reason));
        Assert.Equal(TargetAction.Keep, line.Target("prod", "a").Action);
    }

    [Fact]
    public void After_a_loss_of_the_record_nothing_starts_by_itself_until_it_is_published_or_ordered()
    {
        var line = Line().Publish("v1").Publish("v2").Tell(s => new PromotionFact.StateLost(s));
        Assert.Null(line.Desired("test"));
        Assert.Equal(BlockKind.Lost, line.Block("test").Kind);
        Assert.Equal("v1", line.Order("test", "v1").Desired("test"));
        Assert.Equal("v3", line.Publish("v3").Desired("test"));
    }

    [Fact]
    public void What_ran_before_it_was_known_is_where_a_rollback_goes()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Finish("prod", "v1").Publish("v2");
        Assert.Equal("v2", line.Desired("prod"));
        Assert.Equal("v1", line.Start("prod", "v2").Fail("prod", "v2", to: "v1").Desired("prod"));
    }

    [Fact]
    public void Facts_are_applied_in_order_and_name_bundles_that_were_published()
    {
        var line = Line().Publish("v1");
        Assert.Throws<ArgumentException>(() => line.State.Apply(new PromotionFact.StateLost(new(1, line.Now, "ann", ""))));
        Assert.Throws<ArgumentException>(() => line.Tell(s => new PromotionFact.Pinned(s, "prod", "unknown")));
    }

    [Fact]
    public void Equal_inputs_give_equal_decisions()
    {
        var line = Line().Publish("v1").Roll("test", "v1").Publish("v2");
        var (left, right) = (line.Decide("test"), line.Decide("test"));
        Assert.Equal(left.Blocks, right.Blocks);
        Assert.Equal(left.Targets, right.Targets);
        Assert.Equal(left.Bundles, right.Bundles);
    }
}
