using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>Approvals: whose word counts, once, for one gate of one rollout.</summary>
public sealed class VoteRulesTests
{
    private static readonly ApproveGate Leads = new("leads", 2, NotAuthor: true, TimeSpan.FromHours(24));
    private static readonly RolloutState Waiting = State(new Phase.Waiting("a first good probe of v2")) with { Author = "ann" };

    [Fact]
    public void Two_people_who_are_not_the_author_open_it_and_it_stays_open()
    {
        var first = Ask(Waiting, "bob");
        Assert.True(first.Wishes[0].Accepted);
        Assert.Equal(
            "gate approve of shop-default-1 (v2) is closed: 1 of 2 approvals by leads (bob); approve or reject it", first.Wishes[0].Answer);
        Assert.Equal("wait", Look(first.Next, 1).Kind);
        var second = Ask(first.Next, "cid");
        Assert.Equal("gate approve of shop-default-1 (v2) is open: approved by bob and cid", second.Wishes[0].Answer);
        var begun = Look(second.Next, 1);
        Assert.Equal("advance", begun.Kind);
        // The approvals expire after a day; that the gate was open does not.
        var later = begun.Next with { Phase = Observing(0) };
        Assert.Equal("advance", Look(later, 72).Kind);
    }

    [Theory]
    [InlineData("ann", "leads", "", "", "ann brought v2 in, and somebody else has to approve it")]
    [InlineData("bob", "approver", "", "", "bob is not of the group leads")]
    [InlineData("bob", "leads", "", "shop-default-2", "it is for rollout shop-default-2, and shop-default-1 of v2 is the active one")]
    [InlineData("bob", "leads", "dba", "", "no gate of shop asks dba; asked are leads")]
    public void Whose_word_does_not_count_is_told_why(string who, string role, string gate, string rollout, string why)
    {
        var refused = Ask(Waiting, who, new Vote(gate, rollout, role));
        Assert.False(refused.Wishes[0].Accepted);
        Assert.Contains(why, refused.Wishes[0].Answer, StringComparison.Ordinal);
        Assert.Null(refused.Next.FindGate(Leads.Key)?.Approvals);
    }

    [Fact]
    public void A_person_counts_once_however_often_the_word_is_sent()
    {
        var first = Ask(Waiting, "bob").Next;
        var replayed = Ask(first, "bob");
        Assert.Equal((false, "bob has approved it already, and each person counts once"), Told(replayed));
        Assert.Single(replayed.Next.FindGate(Leads.Key)!.Approvals!.Value);
    }

    [Fact]
    public void An_unknown_author_may_be_anybody()
    {
        var refused = Ask(Waiting with { Author = null }, "bob");
        Assert.StartsWith("who brought v2 in is not known", Told(refused).Answer, StringComparison.Ordinal);
        var open = new ApproveGate("leads", 1, NotAuthor: false, TimeSpan.FromHours(1));
        Assert.True(Told(Ask(Waiting with { Author = null }, "bob", gate: open)).Accepted);
    }

    [Fact]
    public void An_approval_that_has_expired_counts_no_more_and_may_be_given_again()
    {
        var first = Ask(Waiting, "bob").Next;
        var view = Look(first, 25);
        Assert.Contains("0 of 2 approvals by leads; that of bob has expired", view.Reason, StringComparison.Ordinal);
        var again = RolloutEngine.Decide(
            first with { Phase = Waiting.Phase }, Seeing(first, 25, Leads) with { Wishes = [Wish("bob", 25, 2)] }, At(Noon.AddHours(25)));
        Assert.True(Told(again).Accepted);
    }

    [Fact]
    public void A_word_that_was_asked_for_too_long_ago_is_refused()
    {
        var late = RolloutEngine.Decide(
            Waiting, Seeing(Waiting, 30, Leads) with { Wishes = [Wish("bob", 0, 1)] }, At(Noon.AddHours(30)));
        Assert.Contains("has expired after 24 h", Told(late).Answer.Replace("1 d", "24 h"), StringComparison.Ordinal);
    }

    [Fact]
    public void One_rejection_ends_the_rollout_also_the_authors()
    {
        var rejected = Ask(Waiting, "ann", kind: WishKind.Reject);
        Assert.True(Told(rejected).Accepted);
        var back = Look(rejected.Next, 0);
        var phase = Assert.IsType<Phase.RollingBack>(back.Next.Phase);
        Assert.Equal(RollbackCause.Gate, phase.Cause);
        Assert.Contains("gate approve has failed at 0 %: ann rejected it", phase.Why, StringComparison.Ordinal);
        Assert.False(Told(Ask(rejected.Next with { Gates = Look(rejected.Next, 0).Next.Gates }, "bob")).Accepted);
    }

    [Fact]
    public void Nobody_is_asked_at_a_hundred_percent_or_without_a_gate()
    {
        var late = Ask(Waiting with { Phase = RolloutEngineTests.Named("Baking") }, "bob");
        Assert.Contains("no step follows", Told(late).Answer, StringComparison.Ordinal);
        var none = RolloutEngine.Decide(Waiting, Seen() with { Wishes = [Wish("bob", 0, 1)] }, At(Noon));
        Assert.Equal("no gate of shop asks for an approval", Told(none).Answer);
    }

    [Fact]
    public void At_its_deadline_it_pauses_and_a_person_goes_on()
    {
        var held = Look(Waiting, 0).Next;
        var paused = Look(held, 24);
        Assert.Equal(PauseCause.Gate, Assert.IsType<Phase.Paused>(paused.Next.Phase).Cause);
        var one = Ask(paused.Next, "bob").Next;
        Assert.Contains("it is paused, so resume it too", Told(Ask(paused.Next, "bob")).Answer, StringComparison.Ordinal);
        Assert.NotNull(one.FindGate(Leads.Key)!.Approvals);
    }

    [Fact]
    public void A_publish_names_the_author_and_a_file_names_none()
    {
        var publish = Given.Wish(WishKind.Publish, "v2");
        Assert.Equal("ann", RolloutStarter.Decide(Spec("v1", "v2"), Born, [publish], Noon).Started!.Author);
        Assert.Null(RolloutStarter.Decide(Spec("v1", "v2"), Born, [], Noon).Started!.Author);
    }

    private static (bool Accepted, string Answer) Told(Decision decision) => (decision.Wishes[0].Accepted, decision.Wishes[0].Answer);

    private static Decision Ask(
        RolloutState state, string who, Vote? vote = null, WishKind kind = WishKind.Approve, ApproveGate? gate = null) =>
        RolloutEngine.Decide(
            state, Seeing(state, 0, gate ?? Leads) with { Wishes = [Wish(who, 0, 1, vote, kind)] }, At(Noon));

    private static Decision Look(RolloutState state, int hour) =>
        RolloutEngine.Decide(state, Seeing(state, hour, Leads), At(Noon.AddHours(hour)));

    /// <summary>As a round sees it: an answer that stays, else the gate's own.</summary>
    private static Seen Seeing(RolloutState state, int hour, ApproveGate gate)
    {
        var saved = state.FindGate(gate.Key);
        var facts = new GateFacts(Noon.AddHours(hour)) { Author = state.Author, Approvals = saved?.Approvals ?? default };
        return Seen() with { Gates = [new GateView(gate, saved?.Answer ?? gate.Answer(facts))], AppliedGeneration = 1000 };
    }

    private static Wish Wish(string who, int hour, long id, Vote? vote = null, WishKind kind = WishKind.Approve) =>
        Given.Wish(kind, id: id) with { Who = who, At = Noon.AddHours(hour), Vote = vote ?? new Vote("", "", "approver leads") };
}
