using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class OverlayTests
{
    [Fact]
    public void A_pin_wins_over_what_is_newer_and_over_the_gates_and_says_who_passed_which()
    {
        var line = Line(prod => prod with { Needs = [Approve] }).Publish("v1");
        Pin(line, "prod", "v1");
        Assert.Equal(("v1", DesiredBy.Pin), (line.Desired("prod"), line.Decide("prod").By));
        Assert.Equal(["Good in staging", "approve"], line.Decide("prod").Skips);
        Assert.Equal(("ann", BlockKind.Pin), (line.Block("prod").Owner, line.Block("prod").Kind));
        line.Start("prod", "v1", StartReason.Pin).Promote("prod", "v1").Finish("prod", "v1");
        Assert.Equal(TargetAction.Keep, line.Target("prod").Action);
    }

    [Fact]
    public void After_a_pin_to_an_older_bundle_is_lifted_the_newest_comes_back()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2").Roll("prod", "v2");
        Pin(line, "prod", "v1");
        line.Roll("prod", "v1").Publish("v3");
        Assert.Equal("v1", line.Desired("prod"));
        Assert.Equal("v3", line.Tell(s => new PromotionFact.Unpinned(s, "prod")).Desired("prod"));
        line.Veto("prod", "v3");
        Assert.Equal("v2", line.Desired("prod"));
    }

    [Fact]
    public void A_pin_that_cannot_read_the_data_moves_nothing_without_break_glass()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2", Compatibility.ForwardOnly).Roll("prod", "v2");
        Pin(line, "prod", "v1");
        Assert.Equal(TargetAction.Keep, line.Target("prod").Action);
        Assert.Equal(BlockKind.Data, line.Block("prod").Kind);
        line.Tell(s => new PromotionFact.BreakGlassBegun(s, "prod"));
        Assert.Equal((TargetAction.Start, "v1"), (line.Target("prod").Action, line.Target("prod").Bundle?.Name));
    }

    [Fact]
    public void A_hold_lets_nothing_newer_in_and_goes_back_when_what_it_holds_fails()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2").Roll("prod", "v2");
        line.Tell(s => new PromotionFact.Held(s, "prod", line.Hash("v2"))).Publish("v3");
        Assert.Equal(("v2", DesiredBy.Hold), (line.Desired("prod"), line.Decide("prod").By));
        Assert.Equal("v1", line.Veto("prod", "v2").Desired("prod"));
        line.Tell(s => new PromotionFact.Released(s, "prod"));
        Assert.Equal("v3", line.Desired("prod"));
    }

    [Fact]
    public void A_hold_at_a_bundle_that_never_ran_here_is_no_way_around_the_gates()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve] }).Publish("v1").Answer("prod", "approve", "v1").Roll("prod", "v1");
        line.Publish("v2").Tell(s => new PromotionFact.Held(s, "prod", line.Hash("v2")));
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void A_rollback_under_a_hold_never_goes_to_something_newer()
    {
        var line = new Delivery(Env("prod"));
        foreach (var version in new[] { "v1", "v2", "v3" }) line.Publish(version).Roll("prod", version);
        line.Tell(s => new PromotionFact.Held(s, "prod", line.Hash("v2"))).Veto("prod", "v2");
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Theory]
    [InlineData(false, null, null, TargetAction.Pause)]
    [InlineData(true, null, null, TargetAction.Pause)]
    [InlineData(false, "prod", null, TargetAction.Pause)]
    [InlineData(false, "prod", "default", TargetAction.Pause)]
    [InlineData(false, "prod", "other", TargetAction.Continue)]
    [InlineData(false, "test", null, TargetAction.Continue)]
    public void A_stop_of_the_line_pauses_what_it_covers(bool isOrganisation, string? environment, string? target, TargetAction action)
    {
        var line = new Delivery(Env("prod"), Env("test")).Publish("v1").Roll("prod", "v1").Publish("v2").Start("prod", "v2");
        var scope = new LineScope(environment, target, isOrganisation);
        line.Tell(s => new PromotionFact.LineStopped(s, scope), "bob", "incident");
        Assert.Equal(action, line.Target("prod").Action);
        line.Tell(s => new PromotionFact.LineReleased(s, scope));
        Assert.Equal(TargetAction.Continue, line.Target("prod").Action);
    }

    [Fact]
    public void A_stopped_line_lets_nothing_in_and_still_goes_back()
    {
        var line = new Delivery(Env("prod")).Publish("v1").Roll("prod", "v1").Publish("v2").Start("prod", "v2");
        line.Tell(s => new PromotionFact.LineStopped(s, LineScope.Service), "bob", "incident").Publish("v3");
        Assert.Equal(("v2", "bob"), (line.Desired("prod"), line.Block("prod", "v3").Owner));
        line.Veto("prod", "v2");
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("prod").Action, line.Target("prod").Bundle?.Name));
    }

    [Fact]
    public void Break_glass_lets_in_what_a_person_orders_and_nothing_else_and_never_what_is_vetoed()
    {
        var line = Line(prod => prod with { Needs = [Approve, Alerts] }).Publish("v1");
        line.Tell(s => new PromotionFact.BreakGlassBegun(s, "prod"), "ann", "outage");
        Assert.Null(line.Desired("prod"));
        line.Tell(s => new PromotionFact.LineStopped(s, LineScope.Organisation)).Order("prod", "v1");
        Assert.Equal(("v1", "outage"), (line.Desired("prod"), line.Decide("prod").BreakGlass?.Stamp.Why));
        Assert.Equal(["Good in staging", "approve", "alerts"], line.Decide("prod").Skips);
        Assert.Equal(TargetAction.Continue, line.Start("prod", "v1").Target("prod").Action);
        line.Veto("prod", "v1");
        Assert.Null(line.Desired("prod"));
        line.Tell(s => new PromotionFact.BreakGlassLifted(s, "prod"));
        Assert.Null(line.Decide("prod").BreakGlass);
    }

    [Fact]
    public void An_environment_that_proposes_asks_once_its_gates_are_open_and_takes_what_is_ordered()
    {
        var line = new Delivery(Env("prod") with { Mode = PromotionMode.Propose, Needs = [Approve] }).Publish("v1");
        Assert.Equal(["approve v1"], line.Asked("prod"));
        line.Answer("prod", "approve", "v1");
        var question = Assert.Single(line.Decide("prod").Questions);
        Assert.Equal(ReservedGates.Proposal, question.Gate);
        Assert.Empty(line.Ask(question).Asked("prod"));
        Assert.Equal(BlockKind.Mode, line.Block("prod").Kind);
        Assert.Equal("v1", line.Order("prod", "v1").Desired("prod"));
    }

    [Fact]
    public void A_bundle_that_is_to_enter_another_time_is_proposed_another_time()
    {
        var line = new Delivery(Env("prod") with { Mode = PromotionMode.Propose }).Publish("v1");
        line.Ask(line.Decide("prod").Questions.Single()).Order("prod", "v1").Start("prod", "v1");
        line.Tell(s => new PromotionFact.RolloutAborted(s, "prod", "default", line.Hash("v1"), null));
        line.Tell(s => new PromotionFact.Unvetoed(s, "prod", line.Hash("v1")));
        Assert.EndsWith("#1", line.Decide("prod").Questions.Single().Id, StringComparison.Ordinal);
    }

    [Fact]
    public void An_environment_on_demand_asks_nothing_before_an_order_and_then_its_gates()
    {
        var line = new Delivery(Env("prod") with { Mode = PromotionMode.OnDemand, Needs = [Approve] }).Publish("v1").Publish("v2");
        Assert.Empty(line.Asked("prod"));
        line.Order("prod", "v2");
        Assert.Equal((null, "approve v2"), (line.Desired("prod"), line.Asked("prod").Single()));
        Assert.Equal("v2", line.Answer("prod", "approve", "v2").Desired("prod"));
        line.Roll("prod", "v2").Publish("v3");
        Assert.Equal("v2", line.Desired("prod"));
    }

    private static void Pin(Delivery line, string environment, string bundle) =>
        line.Tell(s => new PromotionFact.Pinned(s, environment, line.Hash(bundle)));
}
