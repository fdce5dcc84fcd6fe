using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using Xunit;
using static TrafficCtl.Core.Tests.Promotion.Delivery;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class ApprovalRulesTests
{
    private static readonly ApproveGate Two = new("leads", Count: 2, NotAuthor: true, Expires: TimeSpan.FromHours(8));

    [Fact]
    public void Enough_people_answer_the_gate_and_each_counts_once()
    {
        var line = Asked(Two);
        Assert.Equal("leads: 0 of 2 approvals by leads; approve or reject it", line.Block("prod").Why);
        Vote(line, "bob");
        Assert.Equal("leads: 1 of 2 approvals by leads (bob); approve or reject it", line.Block("prod").Why);
        Vote(line.Wait(TimeSpan.FromMinutes(1)), "bob");
        Assert.Null(line.Desired("prod"));
        Vote(line, "cid");
        Assert.Equal("v1", line.Desired("prod"));
        var record = Record(line);
        Assert.Equal(("bob and cid", GateVerdict.Passed), (record.Answer.Who, record.Verdict!.Value));
        Assert.False(record.IsByDeadline);
        Assert.Empty(line.State.In("prod").OpenVotes);
        Assert.Empty(line.Wait(TimeSpan.FromDays(30)).Asked("prod"));
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void One_rejection_closes_it_for_good_whoever_approved_before_or_after()
    {
        var line = Asked(Two);
        Vote(line, "bob");
        Vote(line, "bob", isRejection: true);
        Assert.Equal(("bob", GateVerdict.Failed), (Record(line).Answer.Who, Record(line).Verdict!.Value));
        Assert.Contains("leads: bob rejected it at", line.Block("prod").Why, StringComparison.Ordinal);
        Vote(line, "cid");
        Vote(line, "dan");
        Assert.Null(line.Desired("prod"));
        Assert.Equal(GateVerdict.Failed, Record(line).Verdict);
    }

    [Fact]
    public void A_vote_that_is_replayed_changes_nothing()
    {
        var line = Asked(Two);
        Vote(line, "bob");
        var before = Record(line);
        Vote(line, "bob");
        Assert.Equal(before, Record(line));
        Vote(line, "cid");
        before = Record(line);
        Vote(line, "cid");
        Vote(line, "eve", isRejection: true);
        Assert.Equal(before, Record(line));
    }

    [Fact]
    public void An_approval_that_expires_while_others_are_missing_is_given_again()
    {
        var line = Asked(Two with { Terms = new(Deadline: TimeSpan.FromDays(9)) });
        Vote(line, "bob");
        line.Wait(TimeSpan.FromHours(8));
        Assert.Contains("0 of 2 approvals by leads; that of bob has expired", line.Block("prod").Why, StringComparison.Ordinal);
        Vote(line, "cid");
        Assert.Null(line.Desired("prod"));
        Assert.Null(Refusal(line, "bob"));
        Vote(line, "bob");
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void A_revoked_answer_drops_the_votes_and_people_vote_anew()
    {
        var line = Asked(Two);
        Vote(line, "bob");
        Vote(line, "cid");
        line.Roll("prod", "v1").Tell(s => new PromotionFact.EvidenceRevoked(s, "prod", line.Hash("v1"), "leads"));
        Assert.Empty(Record(line).Votes);
        Assert.Null(line.Withdraw("prod", "v1", null).Desired("prod"));
        Assert.Null(Refusal(line, "bob"));
        Vote(line, "bob");
        Assert.Null(line.Desired("prod"));
        Vote(line, "dan");
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void Votes_of_one_round_are_not_those_of_the_next()
    {
        var line = Asked(Two);
        Vote(line, "bob");
        line.Tell(s => new PromotionFact.GateAnswered(s, "prod", "leads", line.Hash("v1"), GateVerdict.Errored));
        Assert.Contains("could find out nothing about v1", Refusal(line, "cid"), StringComparison.Ordinal);
        line.Wait(TimeSpan.FromSeconds(30)).Ask(Assert.Single(line.Decide("prod").Questions));
        Vote(line, "cid");
        Assert.Contains("1 of 2 approvals by leads (cid)", line.Block("prod").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Votes_that_are_enough_come_before_a_deadline_of_the_same_round()
    {
        var gate = Two with { Expires = null, Terms = new(Deadline: TimeSpan.FromHours(2), Then: GateOutcome.Fail) };
        var line = Asked(gate);
        Vote(line, "bob");
        Vote(line.Wait(TimeSpan.FromHours(2)), "cid");
        Assert.Equal(GateVerdict.Passed, Record(line).Verdict);

        var late = Asked(gate);
        Vote(late, "bob");
        late.Wait(TimeSpan.FromHours(2)).Tell(s => new PromotionFact.Unpinned(s, "prod"));
        Assert.True(Record(late).IsByDeadline);
        Assert.Contains("fail is declared", Refusal(late, "cid"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_votes_before_the_gates_that_follow_from_facts_are_open()
    {
        var soak = new EntryGate("soak", GateKind.Timed) { Soak = new("staging", TimeSpan.FromHours(4)) };
        var line = Line(prod => prod with { Needs = [EntryGate.Of("leads", Two), soak] });
        line.Add(Authored(line)).Roll("test", "v1").Roll("staging", "v1");
        Assert.Contains("nobody is asked about v1 in prod yet: soak: ", Refusal(line, "bob"), StringComparison.Ordinal);
        line.Wait(TimeSpan.FromHours(4));
        Assert.Null(Refusal(line, "bob"));
        Vote(line, "bob");
        Vote(line, "cid");
        Assert.Equal("v1", line.Desired("prod"));
    }

    [Fact]
    public void Votes_that_are_enough_stay_so_though_a_window_closed_before_they_came()
    {
        var window = EntryGate.Of("hours", new WindowGate([new TimeWindow(127, 8 * 60, 9 * 60, "UTC")]));
        var line = new Delivery(Env("test"), Env("prod") with { Needs = [EntryGate.Of("leads", Two), window] });
        line.Add(Authored(line)).Ask(Assert.Single(line.Decide("prod").Questions));
        line.Wait(TimeSpan.FromHours(10));
        Vote(line, "bob");
        Vote(line, "cid");
        Assert.Equal(GateVerdict.Passed, Record(line).Verdict);
        Assert.Null(line.Desired("prod"));
        Assert.Equal("v1", line.Wait(TimeSpan.FromHours(14)).Desired("prod"));
    }

    [Fact]
    public void A_vote_is_refused_with_what_to_do()
    {
        var line = Asked(Two);
        Assert.Contains("is not of the group leads", Refusal(line, "bob", "approver"), StringComparison.Ordinal);
        Assert.Contains("ann brought v1 in, and somebody else has to approve it", Refusal(line, "ann"), StringComparison.Ordinal);
        Assert.Null(Refusal(line, "ann", isRejection: true));
        Assert.Contains("named qa asks for an approval; leads does", Refusal(line, "bob", gate: "qa"), StringComparison.Ordinal);
        Assert.Contains("no gate of test asks for an approval", Refusal(line, "bob", environment: "test"), StringComparison.Ordinal);
        Vote(line, "bob");
        Assert.Contains("bob has approved v1 already", Refusal(line, "bob"), StringComparison.Ordinal);
        Assert.Null(Refusal(line, "bob", isRejection: true));
        Vote(line, "cid");
        Assert.Contains("leads let in v1 at ", Refusal(line, "dan"), StringComparison.Ordinal);
        line.Veto("prod", "v1");
        Assert.Contains("is vetoed", Refusal(line, "dan"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_author_may_be_anybody()
    {
        var line = new Delivery(Env("test"), Env("prod") with { Needs = [EntryGate.Of("leads", Two)] }).Publish("v1");
        Assert.Contains("who made v1 is not known", Refusal(line, "bob"), StringComparison.Ordinal);
        Assert.Null(Refusal(line, "bob", isRejection: true));
    }

    [Fact]
    public void What_something_newer_has_passed_is_voted_on_no_more()
    {
        var line = Asked(Two with { Count = 1 });
        line.Publish("v2").Tell(s => new PromotionFact.GateAnswered(s, "prod", "leads", line.Hash("v2"), GateVerdict.Passed));
        line.Roll("prod", "v2");
        Assert.Contains("something newer ran there", Refusal(line, "bob"), StringComparison.Ordinal);
    }

    private static Delivery Asked(ApproveGate gate)
    {
        var line = new Delivery(Env("test"), Env("prod") with { Needs = [EntryGate.Of("leads", gate)] });
        line.Add(Authored(line));
        return line.Ask(Assert.Single(line.Decide("prod").Questions));
    }

    private static Bundle Authored(Delivery line) =>
        Pairing.Pair("v1", new("app:v1", "sha256:v1")).Bundle! with { Author = "ann", PublishedAt = line.Now };

    private static void Vote(Delivery line, string who, bool isRejection = false) =>
        line.Tell(s => new PromotionFact.GateVoted(s, "prod", "leads", line.Hash("v1"), isRejection, "approver leads"), who);

    private static string? Refusal(
        Delivery line, string who, string roles = "approver leads", bool isRejection = false, string gate = "leads",
        string environment = "prod") => Orders.Refusal(
        line.Spec, line.State,
        new PromotionFact.GateVoted(new(0, line.Now, who, ""), environment, gate, line.Hash("v1"), isRejection, roles), line.Now);

    private static GateRecord Record(Delivery line) => line.State.In("prod").Of(line.Hash("v1")).Gates["leads"];
}
