using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>What a person may override with a promotion, what not, and what the journal says of it.</summary>
public sealed class OverrideTests
{
    /// <summary>All endpoints are live, and none has answered a probe since the process began.</summary>
    private static readonly Seen NotProbed = Seen() with { CandidateHealth = new ArmHealth(2, 2, 0, null) };

    [Theory]
    [InlineData(WishKind.Promote)]
    [InlineData(WishKind.PromoteFull)]
    public void Only_the_first_step_asks_for_a_good_probe(WishKind wish)
    {
        Assert.Equal("refuse", Decide(new Phase.Waiting("a probe"), NotProbed, wish).Kind);
        Assert.Equal("promote", Decide(Observing(0), NotProbed, wish).Kind);
        Assert.Equal("promote", Decide(Observing(1), NotProbed, wish).Kind);
    }

    [Fact]
    public void A_promotion_at_100_percent_asks_for_no_probe_either()
    {
        Assert.Equal("good", Decide(new Phase.Baking(Noon), NotProbed, WishKind.Promote, TimeSpan.FromHours(2)).Kind);
        var unconfirmed = new Phase.Paused(new Phase.Shifting(5), PauseCause.Unconfirmed, "nothing confirms it", Noon);
        Assert.IsType<Phase.Baking>(Decide(unconfirmed, NotProbed, WishKind.Promote).Next.Phase);
    }

    [Fact]
    public void The_watch_cannot_be_shortened_by_a_moment_and_ends_to_the_moment()
    {
        var seen = Seen(Verdict.Unsure, requests: 0);
        var before = Decide(new Phase.Baking(Noon), seen, WishKind.Promote, Canary.Watch - TimeSpan.FromTicks(1));
        Assert.Equal(("refuse", false), (before.Kind, Assert.Single(before.Wishes).Accepted));
        Assert.Equal("good", Decide(new Phase.Baking(Noon), seen, WishKind.Promote, Canary.Watch).Kind);
    }

    [Fact]
    public void A_dwell_that_is_over_is_not_overridden()
    {
        var dwell = Canary.Steps[1].Dwell;
        Assert.Equal(
            "promoted from 10 % to 25 % by ann; nothing was missing", Decide(Observing(1), Seen(), WishKind.Promote, dwell).Reason);
        Assert.Equal(
            "promoted from 10 % to 25 % by ann; in spite of: 59 s of 60 s",
            Decide(Observing(1), Seen(), WishKind.Promote, dwell - TimeSpan.FromSeconds(1)).Reason);
    }

    [Fact]
    public void The_evidence_that_is_missing_is_that_of_the_step()
    {
        var plan = Plans.Canary([Everybody(5, 10) with { AtLeast = new MinimumEvidence(500, 0) }]);
        Assert.EndsWith(
            "in spite of: 300 of 500 requests",
            Decide(Observing(0), Seen(requests: 300), WishKind.Promote, TimeSpan.FromMinutes(2), plan).Reason, StringComparison.Ordinal);
        Assert.EndsWith(
            "nothing was missing",
            Decide(Observing(0), Seen(requests: 500), WishKind.Promote, TimeSpan.FromMinutes(2), plan).Reason, StringComparison.Ordinal);
    }

    /// <summary>The deadline of missing evidence after the watch counts from the end of the watch, or from a later resume.</summary>
    [Fact]
    public void A_resume_after_the_watch_restarts_the_deadline()
    {
        var (seen, hold) = (Seen(Verdict.Unsure, requests: 0), Canary.IfUnsure.Hold);
        var resumed = State(new Phase.Baking(Noon)) with { ChangedAfter = TimeSpan.FromHours(10) };
        Assert.Equal("hold", RolloutEngine.Decide(resumed, seen, At(Noon.AddHours(10) + hold - TimeSpan.FromTicks(1))).Kind);
        Assert.Equal("pause", RolloutEngine.Decide(resumed, seen, At(Noon.AddHours(10) + hold)).Kind);
        var begun = resumed with { ChangedAfter = TimeSpan.FromTicks(1) };
        Assert.Equal("hold", RolloutEngine.Decide(begun, seen, At(Noon + Canary.Watch + hold - TimeSpan.FromTicks(1))).Kind);
        Assert.Equal("pause", RolloutEngine.Decide(begun, seen, At(Noon + Canary.Watch + hold)).Kind);
    }

    [Fact]
    public void A_publish_of_the_candidate_is_told_what_becomes_of_it()
    {
        Assert.Equal("v2 is being rolled out already, at 10 %", Publish(Observing(1)));
        Assert.Equal(
            "v2 is going back to 0 %; retry it afterwards", Publish(new Phase.RollingBack(RollbackCause.Verdict, "worse")));

        static string Publish(Phase phase) => Assert.Single(RolloutEngine.Decide(
            State(phase), Seen() with { AppliedGeneration = 6, Wishes = [Wish(WishKind.Publish, "v2")] }, At(Noon)).Wishes).Answer;
    }

    private static Decision Decide(Phase phase, Seen seen, WishKind wish, TimeSpan after = default, Plan? plan = null) =>
        RolloutEngine.Decide(State(phase, plan), seen.Asking(wish), At(Noon + after));
}
