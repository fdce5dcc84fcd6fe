using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class EntryGateRulesTests
{
    [Fact]
    public void Nobody_is_asked_about_a_bundle_that_is_not_upstream_yet()
    {
        var line = Line(prod => prod with { Needs = [Approve] }).Publish("v1").Roll("test", "v1");
        Assert.Empty(line.Asked("prod"));
        Assert.Equal(["approve v1"], line.Roll("staging", "v1").Asked("prod"));
    }

    [Fact]
    public void Nobody_is_asked_before_the_gates_that_follow_from_facts_are_open()
    {
        var soak = new EntryGate("soak", GateKind.Timed) { Soak = new("staging", TimeSpan.FromHours(4)) };
        var line = Line(prod => prod with { Needs = [Approve, soak] }).Publish("v1").Roll("test", "v1").Roll("staging", "v1");
        Assert.Empty(line.Asked("prod"));
        Assert.Equal("soak", line.Block("prod").Subject);
        Assert.Equal(["approve v1"], line.Wait(TimeSpan.FromHours(4)).Asked("prod"));
    }

    [Fact]
    public void A_question_is_asked_once_and_keeps_its_id()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve] }).Publish("v1");
        var question = Assert.Single(line.Decide("prod").Questions);
        Assert.Equal(question.Id, Assert.Single(line.Wait(TimeSpan.FromHours(1)).Decide("prod").Questions).Id);
        Assert.Empty(line.Ask(question).Asked("prod"));
        Assert.Empty(line.Answer("prod", "approve", "v1").Asked("prod"));
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void An_error_is_asked_again_later_and_a_failure_never()
    {
        var line = new Delivery(Env("prod") with { Needs = [Smoke] }).Publish("v1");
        line.Answer("prod", "smoke", "v1", GateVerdict.Errored);
        Assert.Empty(line.Asked("prod"));
        Assert.Equal(["smoke v1"], line.Wait(TimeSpan.FromSeconds(30)).Asked("prod"));
        Assert.EndsWith("#1", line.Decide("prod").Questions.Single().Id, StringComparison.Ordinal);
        line.Answer("prod", "smoke", "v1", GateVerdict.Failed);
        Assert.Empty(line.Wait(TimeSpan.FromDays(9)).Asked("prod"));
        Assert.Equal(("smoke", "ci"), (line.Block("prod").Subject, line.Block("prod").Owner));
    }

    [Fact]
    public void A_failed_verification_rolls_back_and_an_errored_one_does_not()
    {
        var line = Line(staging: s => s with { Verify = [Smoke] }).Publish("v1").Roll("test", "v1").Roll("staging", "v1");
        Assert.Null(line.Desired("prod"));
        line.Answer("staging", "smoke", "v1");
        Assert.Equal("v1", line.Roll("prod", "v1").Desired("prod"));
        line.Publish("v2").Roll("test", "v2").Roll("staging", "v2").Answer("staging", "smoke", "v2", GateVerdict.Errored);
        Assert.Equal(("v2", "v1"), (line.Desired("staging"), line.Desired("prod")));
        line.Wait(TimeSpan.FromMinutes(1)).Answer("staging", "smoke", "v2", GateVerdict.Failed);
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("staging").Action, line.Desired("staging")));
        Assert.Equal(BlockKind.Veto, line.Block("prod", "v2").Kind);
    }

    [Fact]
    public void A_verification_is_asked_at_100_percent_on_every_connected_target()
    {
        var line = new Delivery(Env("test") with { Verify = [Smoke], Targets = ["a", "b"] }).Publish("v1");
        line.Start("test", "v1", target: "a").Promote("test", "v1", "a").Start("test", "v1", target: "b");
        Assert.Empty(line.Asked("test"));
        Assert.Equal(["smoke v1"], line.Promote("test", "v1", "b").Asked("test"));
    }

    [Fact]
    public void While_the_newest_waits_nobody_is_asked_about_older_ones_and_an_approval_of_an_older_one_still_counts()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve] }).Publish("v1");
        line.Ask(line.Decide("prod").Questions.Single()).Publish("v2");
        Assert.Equal(["approve v2"], line.Asked("prod"));
        Assert.Equal("v1", line.Answer("prod", "approve", "v1").Desired("prod"));
    }

    [Fact]
    public void An_approval_that_expires_before_it_is_used_is_asked_again()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve, Alerts] }).Publish("v1");
        line.Answer("prod", "approve", "v1", expires: line.Now.AddHours(24)).Answer("prod", "alerts", "v1", GateVerdict.Failed);
        Assert.Null(line.Desired("prod"));
        line.Wait(TimeSpan.FromHours(24)).Answer("prod", "alerts", "v1");
        Assert.Null(line.Desired("prod"));
        Assert.Equal(["approve v1"], line.Asked("prod"));
    }

    [Fact]
    public void A_live_gate_that_closes_pauses_the_rollout_and_fails_nothing()
    {
        var line = new Delivery(Env("prod") with { Needs = [Alerts] }).Publish("v1").Answer("prod", "alerts", "v1").Start("prod", "v1");
        Assert.Equal(TargetAction.Continue, line.Target("prod").Action);
        line.Answer("prod", "alerts", "v1", GateVerdict.Failed);
        Assert.Equal((TargetAction.Pause, "v1"), (line.Target("prod").Action, line.Desired("prod")));
        line.Answer("prod", "alerts", "v1");
        Assert.Equal(TargetAction.Continue, line.Target("prod").Action);
    }

    [Fact]
    public void A_live_gate_is_asked_again_while_its_answer_counts_and_is_unknown_once_that_is_old()
    {
        var line = new Delivery(Env("prod") with { Needs = [Alerts] }).Publish("v1").Answer("prod", "alerts", "v1").Start("prod", "v1");
        line.Wait(TimeSpan.FromSeconds(29));
        Assert.Empty(line.Asked("prod"));
        line.Wait(TimeSpan.FromSeconds(1)).Ask(line.Decide("prod").Questions.Single());
        Assert.Equal(TargetAction.Continue, line.Target("prod").Action);
        Assert.Equal(TargetAction.Pause, line.Wait(TimeSpan.FromSeconds(30)).Target("prod").Action);
    }

    [Fact]
    public void A_live_gate_is_asked_no_more_once_every_target_is_at_100_percent()
    {
        var line = new Delivery(Env("prod") with { Needs = [Alerts] }).Publish("v1").Answer("prod", "alerts", "v1").Start("prod", "v1");
        Assert.Equal(["alerts v1"], line.Wait(TimeSpan.FromMinutes(5)).Asked("prod"));
        Assert.Empty(line.Promote("prod", "v1").Asked("prod"));
    }

    [Theory]
    [InlineData(GateOutcome.Pause, null)]
    [InlineData(GateOutcome.Pass, "v1")]
    [InlineData(GateOutcome.Fail, null)]
    public void At_its_deadline_a_gate_has_its_declared_outcome(GateOutcome outcome, string? desired)
    {
        var gate = Approve with { Deadline = TimeSpan.FromHours(2), AtDeadline = outcome };
        var line = new Delivery(Env("prod") with { Needs = [gate] }).Publish("v1");
        line.Ask(line.Decide("prod").Questions.Single()).Wait(TimeSpan.FromHours(2)).Tell(s => new PromotionFact.Unpinned(s, "prod"));
        Assert.Equal(desired, line.Desired("prod"));
        line.Answer("prod", "approve", "v1", GateVerdict.Errored);
        Assert.Equal(desired, line.Desired("prod"));
        if (outcome == GateOutcome.Pause) Assert.Contains("could not be found out", line.Block("prod").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void The_deadline_counts_from_the_first_question_through_errors()
    {
        var gate = Smoke with { Deadline = TimeSpan.FromMinutes(1), AtDeadline = GateOutcome.Fail };
        var line = new Delivery(Env("prod") with { Needs = [gate] }).Publish("v1").Answer("prod", "smoke", "v1", GateVerdict.Errored);
        line.Wait(TimeSpan.FromSeconds(40)).Ask(line.Decide("prod").Questions.Single());
        line.Wait(TimeSpan.FromSeconds(20)).Tell(s => new PromotionFact.Unpinned(s, "prod"));
        Assert.Contains("fail is declared", line.Block("prod").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verification_without_an_answer_fails_the_bundle_at_its_deadline_where_that_is_declared()
    {
        var gate = Smoke with { Deadline = TimeSpan.FromMinutes(10), AtDeadline = GateOutcome.Fail };
        var line = new Delivery(Env("test") with { Verify = [gate] }, Env("prod", "test")).Publish("v1").Roll("test", "v1");
        line.Ask(line.Decide("test").Questions.Single()).Wait(TimeSpan.FromMinutes(10)).Tell(s => new PromotionFact.Unpinned(s, "test"));
        Assert.Equal(BlockKind.Veto, line.Block("prod", "v1").Kind);
    }

    [Fact]
    public void A_revoked_approval_takes_the_bundle_back_and_is_asked_anew()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve] }).Publish("v1").Answer("prod", "approve", "v1").Roll("prod", "v1");
        line.Publish("v2").Answer("prod", "approve", "v2").Roll("prod", "v2");
        line.Tell(s => new PromotionFact.EvidenceRevoked(s, "prod", line.Hash("v2"), "approve"));
        Assert.Equal((TargetAction.GoBack, "v1"), (line.Target("prod").Action, line.Desired("prod")));
        line.Withdraw("prod", "v2", "v1").Tell(s => new PromotionFact.GateAnswered(
            s, "prod", "approve", line.Hash("v2"), GateVerdict.Passed));
        Assert.Equal("v2", line.Desired("prod"));
    }

    [Fact]
    public void A_soak_is_the_longest_time_without_a_break_and_its_requests()
    {
        var soak = new EntryGate("soak", GateKind.Timed) { Soak = new("test", TimeSpan.FromHours(2), 100) };
        var line = new Delivery(Env("test"), Env("prod", "test") with { Needs = [soak] }).Publish("v1").Roll("test", "v1");
        line.Wait(TimeSpan.FromHours(1)).Connect("test", "default", false).Connect("test", "default", true);
        line.Tell(s => new PromotionFact.RequestsServed(s, "test", "default", line.Hash("v1"), 99)).Wait(TimeSpan.FromHours(1));
        Assert.Contains("1 h of 2 h", line.Block("prod").Why, StringComparison.Ordinal);
        line.Wait(TimeSpan.FromHours(1));
        Assert.Contains("99 of 100 requests", line.Block("prod").Why, StringComparison.Ordinal);
        line.Tell(s => new PromotionFact.RequestsServed(s, "test", "default", line.Hash("v1"), 1));
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void Gates_are_asked_of_the_settled_bundle_no_more()
    {
        var line = new Delivery(Env("prod") with { Needs = [Approve, Alerts] }).Publish("v1");
        line.Answer("prod", "approve", "v1").Answer("prod", "alerts", "v1").Roll("prod", "v1").Wait(TimeSpan.FromDays(1));
        Assert.Empty(line.Asked("prod"));
        Assert.Empty(line.Decide("prod").Blocks);
    }
}
