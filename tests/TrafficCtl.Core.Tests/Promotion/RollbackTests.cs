using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class RollbackTests
{
    [Fact]
    public void A_rollback_by_traffic_vetoes_the_bundle_here_and_downstream()
    {
        var line = All("v1").Publish("v2").Roll("test", "v2").Start("staging", "v2").Fail("staging", "v2", to: "v1");
        Assert.Equal("v1", line.Desired("staging"));
        Assert.Equal((BlockKind.Veto, "staging"), (line.Block("prod", "v2").Kind, line.Block("prod", "v2").Subject));
        Assert.Equal("v2", line.Desired("test"));
        Assert.True(line.State.Vetoes[line.Hash("v2")].Single().IsAutomatic);
    }

    [Fact]
    public void A_veto_upstream_stops_a_rollout_downstream_and_takes_it_back_to_the_last_good()
    {
        var line = All("v1").Publish("v2").Roll("test", "v2").Roll("staging", "v2").Start("prod", "v2");
        line.Veto("staging", "v2");
        var target = line.Target("prod");
        Assert.Equal((TargetAction.GoBack, "v1"), (target.Action, target.Bundle?.Name));
        line.Withdraw("prod", "v2", to: "v1");
        Assert.Equal(TargetAction.Keep, line.Target("prod").Action);
        Assert.Equal("v1", line.Desired("staging"));
    }

    [Fact]
    public void A_veto_upstream_takes_it_back_also_when_it_is_Good_downstream()
    {
        var line = All("v1", "v2").Veto("staging", "v2");
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("prod").Action, line.Target("prod").Bundle?.Name));
    }

    [Fact]
    public void Revoked_evidence_blocks_what_has_not_entered_and_takes_back_what_has()
    {
        var line = All("v1").Publish("v2").Roll("test", "v2").Roll("staging", "v2");
        line.Tell(s => new PromotionFact.EvidenceRevoked(s, "test", line.Hash("v2")));
        Assert.Equal("v1", line.Desired("prod"));
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("staging").Action, line.Target("staging").Bundle?.Name));
        Assert.Equal("v2", line.Desired("test"));
        line.Finish("test", "v2");
        Assert.Equal("v2", line.Desired("staging"));
    }

    [Fact]
    public void A_veto_that_is_lifted_or_expires_restores_the_evidence()
    {
        var line = All("v1").Publish("v2").Roll("test", "v2").Roll("staging", "v2");
        line.Veto("staging", "v2", until: line.Now.AddHours(1));
        Assert.Equal("v1", line.Desired("prod"));
        Assert.Equal("v2", line.Wait(TimeSpan.FromHours(1)).Desired("prod"));
        line.Veto("staging", "v2");
        Assert.Equal("v1", line.Desired("prod"));
        line.Tell(s => new PromotionFact.Unvetoed(s, "staging", line.Hash("v2")));
        Assert.Equal("v2", line.Desired("prod"));
    }

    [Theory]
    [InlineData(VetoScope.Environment, "v2", "v1", "v2")]
    [InlineData(VetoScope.Downstream, "v2", "v1", "v1")]
    [InlineData(VetoScope.Service, "v1", "v1", "v1")]
    public void A_veto_reaches_as_far_as_its_scope(VetoScope scope, string test, string staging, string prod)
    {
        var line = All("v1", "v2").Veto("staging", "v2", scope);
        Assert.Equal((test, staging, prod), (line.Desired("test"), line.Desired("staging"), line.Desired("prod")));
    }

    [Theory]
    [InlineData(RollbackCause.Breaker, true)]
    [InlineData(RollbackCause.Verdict, true)]
    [InlineData(RollbackCause.TargetGone, true)]
    [InlineData(RollbackCause.Unsure, false)]
    public void Only_evidence_against_a_bundle_vetoes_it(RollbackCause cause, bool isVetoed)
    {
        var line = All("v1").Publish("v2").Start("test", "v2").Fail("test", "v2", to: "v1", cause: cause);
        Assert.Equal("v1", line.Desired("test"));
        Assert.Equal(isVetoed, line.State.Vetoes.ContainsKey(line.Hash("v2")));
    }

    [Fact]
    public void An_aborted_bundle_is_not_tried_again_until_it_is_ordered()
    {
        var line = All("v1").Publish("v2").Start("test", "v2");
        line.Tell(s => new PromotionFact.RolloutAborted(s, "test", "default", line.Hash("v2"), line.Hash("v1")));
        Assert.Equal("v1", line.Desired("test"));
        Assert.Empty(line.State.Vetoes);
        Assert.Equal("v2", line.Order("test", "v2").Desired("test"));
    }

    [Fact]
    public void The_bundle_that_was_gone_back_to_is_never_vetoed_automatically()
    {
        var line = All("v1").Publish("v2").Start("test", "v2").Fail("test", "v2", to: "v1").Fail("test", "v1", to: null);
        Assert.False(line.State.Vetoes.ContainsKey(line.Hash("v1")));
    }

    [Fact]
    public void A_second_rollback_within_30_minutes_stops_the_line_of_the_environment()
    {
        var line = All("v1").Publish("v2").Start("test", "v2").Fail("test", "v2", to: "v1").Wait(TimeSpan.FromMinutes(30));
        line.Publish("v3").Start("test", "v3").Fail("test", "v3", to: "v1").Publish("v4");
        Assert.Equal(("v1", BlockKind.Line), (line.Desired("test"), line.Block("test", "v4").Kind));
        line.Tell(s => new PromotionFact.LineReleased(s, new("test")));
        Assert.Equal("v4", line.Desired("test"));
    }

    [Fact]
    public void Two_rollbacks_further_apart_do_not()
    {
        var line = All("v1").Publish("v2").Start("test", "v2").Fail("test", "v2", to: "v1");
        line.Wait(TimeSpan.FromMinutes(30) + TimeSpan.FromTicks(1));
        line.Publish("v3").Start("test", "v3").Fail("test", "v3", to: "v1").Publish("v4");
        Assert.Equal("v4", line.Desired("test"));
    }

    [Fact]
    public void One_failure_seen_by_two_targets_is_one_rollback()
    {
        var line = new Delivery(Env("prod") with { Targets = ["a", "b"] }).Publish("v1").Roll("prod", "v1", "a").Roll("prod", "v1", "b");
        line.Publish("v2").Start("prod", "v2", target: "a").Start("prod", "v2", target: "b");
        line.Fail("prod", "v2", "v1", "a");
        Assert.Equal(TargetAction.GoBack, line.Target("prod", "b").Action);
        line.Fail("prod", "v2", "v1", "b");
        Assert.Empty(line.State.Stops);
    }

    [Fact]
    public void A_rollback_goes_past_a_bundle_that_is_vetoed_to_the_one_that_was_good_before()
    {
        var line = All("v1", "v2", "v3").Veto("prod", "v2", VetoScope.Environment).Veto("prod", "v3", VetoScope.Environment);
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Theory]
    [InlineData("reversible", "reversible", "v1")]
    [InlineData("expand", "reversible", "v1")]
    [InlineData("reversible", "forward-only", null)]
    [InlineData("reversible", "contract", null)]
    [InlineData("expand", "contract", null)]
    [InlineData("forward-only", "reversible", null)]
    public void A_rollback_never_goes_to_a_bundle_that_cannot_read_the_data(string second, string third, string? to)
    {
        var line = All("v1").Publish("v2", CompatibilityWords.Parse(second)!.Value).Publish("v3", CompatibilityWords.Parse(third)!.Value);
        line.Start("test", "v3").Fail("test", "v3", to: "v1");
        Assert.Equal(to, line.Desired("test"));
        if (to is null) Assert.Contains(line.Decide("test").Blocks, b => b.Kind == BlockKind.Data);
    }

    [Fact]
    public void A_contraction_is_gone_back_across_to_what_is_newer_than_the_expansion()
    {
        var line = All("v1").Publish("v2", Compatibility.Expand).Roll("test", "v2").Publish("v3").Roll("test", "v3");
        line.Publish("v4", Compatibility.Contract).Start("test", "v4").Fail("test", "v4", to: "v3");
        Assert.Equal("v3", line.Desired("test"));
    }

    [Fact]
    public void A_rollback_says_which_gates_it_skips()
    {
        var line = Line(prod => prod with { Needs = [Alerts] });
        line.Publish("v1").Roll("test", "v1").Roll("staging", "v1").Answer("prod", "alerts", "v1").Roll("prod", "v1");
        line.Publish("v2").Roll("test", "v2").Roll("staging", "v2").Answer("prod", "alerts", "v2").Start("prod", "v2");
        line.Wait(TimeSpan.FromHours(1)).Answer("prod", "alerts", "v2", GateVerdict.Failed).Fail("prod", "v2", to: "v1");
        Assert.Equal(["alerts"], line.Decide("prod").Skips);
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void A_rollout_is_told_where_it_may_fall_back_to()
    {
        var line = All("v1").Publish("v2");
        Assert.Equal("v1", line.Target("test").FallBack?.Name);
        line.Publish("v3", Compatibility.ForwardOnly);
        Assert.Null(line.Target("test").FallBack);
    }

    [Fact]
    public void A_failure_after_Good_takes_back_the_evidence_downstream()
    {
        var line = All("v1", "v2").Fail("staging", "v2", to: "v1");
        Assert.Equal(TargetAction.GoBack, line.Target("prod").Action);
    }

    /// <summary>Each of them Good in test, staging and prod.</summary>
    private static Delivery All(params string[] versions)
    {
        var line = Line();
        foreach (var version in versions)
            line.Publish(version).Roll("test", version).Roll("staging", version).Roll("prod", version);
        return line;
    }
}
