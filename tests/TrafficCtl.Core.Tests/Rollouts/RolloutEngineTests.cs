using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

public sealed class RolloutEngineTests
{
    private static readonly BreakerTrip Trip = new("shop-default-1", Noon, "9 of 9 requests failed");

    public static TheoryData<string> Exposed() => ["Shifting", "Observing", "Baking", "PausedObserving", "PausedBaking"];

    [Theory]
    [MemberData(nameof(Exposed))]
    public void A_trip_a_failed_verdict_a_dead_candidate_and_an_abort_go_back_from_everywhere(string phase)
    {
        var state = State(Named(phase));
        AssertGoesBack(RollbackCause.Breaker, Decide(state, Seen() with { Trip = Trip }));
        AssertGoesBack(RollbackCause.Verdict, Decide(state, Seen(Verdict.Fail)));
        AssertGoesBack(RollbackCause.TargetGone, Decide(state, Seen() with { CandidateHealth = new(2, 0, 2, TimeSpan.FromSeconds(10)) }));
        AssertGoesBack(RollbackCause.Abort, Decide(state, Seen().Asking(WishKind.Abort)));
    }

    [Fact]
    public void The_most_urgent_row_wins()
    {
        var all = Seen(Verdict.Fail) with { Trip = Trip, CandidateHealth = new(2, 0, 2, TimeSpan.FromSeconds(10)), NewerVersion = "v3" };
        var state = State(Observing(1));
        AssertGoesBack(RollbackCause.Abort, Decide(state, all.Asking(WishKind.PromoteFull, WishKind.Abort)));
        AssertGoesBack(RollbackCause.Breaker, Decide(state, all.Asking(WishKind.PromoteFull)));
        AssertGoesBack(RollbackCause.Verdict, Decide(state, all with { Trip = null }));
        AssertGoesBack(RollbackCause.TargetGone, Decide(state, all with { Trip = null, Judgement = Judgement(Verdict.Pass) }));
        AssertGoesBack(RollbackCause.Superseded, Decide(state, Seen() with { NewerVersion = "v3" }));
    }

    [Fact]
    public void A_candidate_that_the_file_no_longer_names_goes_back_and_gives_way_to_a_newer_one()
    {
        var gone = Seen() with { CandidateHealth = new(0, 0, 0, null) };
        AssertGoesBack(RollbackCause.TargetGone, Decide(State(Observing(1)), gone));
        AssertGoesBack(RollbackCause.TargetGone, Decide(State(Named("PausedObserving")), gone));
        AssertGoesBack(RollbackCause.Superseded, Decide(State(Observing(1)), gone with { NewerVersion = "v3" }));
        Assert.Equal("wait", Decide(State(new Phase.Waiting("a first good probe of v2")), gone).Kind);
    }

    [Theory]
    [InlineData("Waiting")]
    [InlineData("Shifting")]
    [InlineData("Observing")]
    [InlineData("Baking")]
    [InlineData("RollingBack")]
    public void A_resume_in_the_face_of_somebody_elses_split_is_granted_in_every_phase_and_changes_none(string phase)
    {
        var state = State(Named(phase));
        var seen = (Seen(Verdict.Unsure, 3) with { AppliedGeneration = null }).Asking(WishKind.Resume);
        var decision = Decide(state, seen with { IsDrifted = true });
        Assert.True(Assert.Single(decision.Wishes).Accepted);
        Assert.Equal(state.Phase, decision.Next.Phase);
        Assert.False(Assert.Single(Decide(state, seen).Wishes).Accepted);
    }

    [Fact]
    public void A_candidate_that_was_replaced_in_its_slot_makes_way_and_has_not_failed()
    {
        var replaced = Seen() with
        {
            CandidateHealth = new(0, 0, 0, TimeSpan.FromSeconds(20)),
            WithdrawnFor = TimeSpan.FromSeconds(1),
            Listing = Listing.Behind("Service shop/checkout", ["checkout-stable", "checkout-canary"]),
        };
        AssertGoesBack(RollbackCause.Superseded, Decide(State(Observing(1)), replaced with { NewerVersion = "v3" }));
        AssertGoesBack(
            RollbackCause.Superseded,
            Decide(State(Observing(1)), replaced with { CandidateHealth = new(0, 0, 0, TimeSpan.FromSeconds(1)) }));
        // Empty, and nothing else in its place: it is gone when it has been for the limit, as it was measured.
        var goneLately = replaced with { CandidateHealth = new(1, 0, 0, TimeSpan.FromSeconds(9)) };
        Assert.Equal("hold", Decide(State(Named("PausedObserving")), goneLately).Kind);
        AssertGoesBack(
            RollbackCause.TargetGone,
            Decide(State(Observing(1)), replaced with { CandidateHealth = new(1, 0, 0, TimeSpan.FromSeconds(10)) }));
    }

    [Fact]
    public void A_trip_of_another_rollout_is_not_ours() =>
        Assert.Equal("hold", Decide(State(Observing(1)), Seen() with { Trip = Trip with { RolloutId = "shop-default-0" } }).Kind);

    [Fact]
    public void A_candidate_gone_for_less_than_ten_seconds_or_before_the_first_step_only_waits()
    {
        var gone = Seen() with { CandidateHealth = new(2, 0, 2, TimeSpan.FromSeconds(9.9)) };
        Assert.Equal("hold", Decide(State(Observing(1)), gone).Kind);
        Assert.Equal(
            "wait", Decide(State(new Phase.Waiting("a probe")), gone with { CandidateHealth = new(2, 0, 2, TimeSpan.FromDays(1)) }).Kind);
    }

    [Theory]
    [InlineData(0, "5 %")]
    [InlineData(5, "100 %")]
    public void A_weight_that_nothing_confirms_for_ten_minutes_pauses_with_the_cause_and_its_numbers(int step, string share)
    {
        const string Cause = "839 of 2,659 (31.6 %) went to the candidate, and another rule sends to it too";
        var state = State(new Phase.Shifting(step)) with { ChangedAfter = TimeSpan.FromMinutes(3) };
        var seen = Seen() with { AppliedGeneration = 6, RouterWaitsFor = Cause };
        var waits = Decide(state, seen, Noon.AddMinutes(13).AddSeconds(-1));
        Assert.Equal(("wait", true), (waits.Kind, waits.Reason.Contains(Cause, StringComparison.Ordinal)));

        var decision = Decide(state, seen, Noon.AddMinutes(13));
        var paused = Assert.IsType<Phase.Paused>(decision.Next.Phase);
        Assert.Equal(("pause", PauseCause.Unconfirmed, state.Phase), (decision.Kind, paused.Cause, paused.At));
        Assert.Equal(
            $"paused at {share}: nothing has confirmed for 10 min that {share} is in force: it has generation 6 of 7; {Cause}; "
            + "resume to ask again, promote to go on without, or abort", decision.Reason);
        Assert.Equal(share, Exposures.RouteFor(decision.Next).Exposure.ToString());
        Assert.Equal("rollback", Decide(decision.Next, seen with { Judgement = Judgement(Verdict.Fail) }, Noon.AddMinutes(14)).Kind);

        var resumed = Decide(decision.Next, seen.Asking(WishKind.Resume), Noon.AddHours(1)).Next;
        Assert.Equal("wait", Decide(resumed, seen, Noon.AddMinutes(69)).Kind);
        Assert.Equal("pause", Decide(resumed, seen, Noon.AddMinutes(70)).Kind);
    }

    /// <summary>Saved by a version that kept no elapsed time.</summary>
    [Fact]
    public void The_deadline_of_an_unconfirmed_weight_of_an_older_record_counts_by_the_time_of_day()
    {
        var state = State(new Phase.Shifting(0), changed: Noon.AddHours(2));
        Assert.Equal("wait", Decide(state, Seen() with { AppliedGeneration = 6 }, Noon.AddHours(2).AddMinutes(9)).Kind);
        Assert.Equal("pause", Decide(state, Seen() with { AppliedGeneration = 6 }, Noon.AddHours(2).AddMinutes(10)).Kind);
    }

    [Theory]
    [InlineData(Strategy.Canary, 1, 1, "advance")]
    [InlineData(Strategy.Canary, 2, 0, "wait")]
    [InlineData(Strategy.AllAtOnce, 1, 1, "advance")]
    [InlineData(Strategy.BlueGreen, 2, 1, "wait")]
    [InlineData(Strategy.BlueGreen, 1, 2, "wait")]
    [InlineData(Strategy.BlueGreen, 2, 2, "advance")]
    public void The_first_step_waits_for_a_good_probe_and_blue_green_for_all(Strategy strategy, int live, int probed, string kind)
    {
        var plan = strategy == Strategy.Canary ? Canary : Plans.AtOnce(strategy);
        Assert.Equal(
            kind, Decide(State(new Phase.Waiting("a probe"), plan), Seen() with { CandidateHealth = new(2, live, probed, null) }).Kind);
    }

    [Fact]
    public void Blue_green_goes_to_100_at_once()
    {
        var decision = Decide(State(new Phase.Waiting("a probe"), Plans.AtOnce(Strategy.BlueGreen)), Seen());
        Assert.Equal("100 %", Exposures.RouteFor(decision.Next).Exposure.ToString());
        Assert.Equal(new Phase.Shifting(0), decision.Next.Phase);
        Assert.IsType<Phase.Baking>(Decide(decision.Next, Seen() with { AppliedGeneration = 8 }).Next.Phase);
    }

    [Fact]
    public void A_step_advances_on_dwell_evidence_verdict_and_a_confirming_router_together()
    {
        var state = State(Observing(0));
        var after = Noon.AddSeconds(61);
        Assert.Equal("hold", Decide(state, Seen(), Noon.AddSeconds(59)).Kind);
        Assert.Equal("hold", Decide(state, Seen(Verdict.Unsure), after).Kind);
        Assert.Equal("hold", Decide(state, Seen(requests: 199), after).Kind);
        Assert.Equal("hold", Decide(state, Seen(null), after).Kind);
        Assert.Equal("hold", Decide(state, Seen() with { CandidateHealth = null }, after).Kind);
        Assert.Equal("hold", Decide(state, Seen() with { AppliedGeneration = null }, after).Kind);
        Assert.Equal("hold", Decide(state, Seen() with { AppliedGeneration = 6 }, after).Kind);
        Assert.Equal(
            "hold", Decide(state, Seen() with { Gates = [new(QuietGate.Alerts, new GateAnswer.Closed("2 alerts fire"))] }, after).Kind);

        var decision = Decide(state, Seen(), after);
        Assert.Equal((new Phase.Shifting(1), 8L, after), (decision.Next.Phase, decision.Next.Generation, decision.Next.ChangedAt));
        Assert.Equal(
            "advances to 10 %: 5 % for 61 s (at least 60 s); 1,000 requests (at least 200); errors 0.1 % vs 0.1 %; the judge says pass",
            decision.Reason);
    }

    [Fact]
    public void A_cohort_at_100_advances_without_a_pass()
    {
        var plan = Plans.Canary([Of("staff", 100)], TimeSpan.Zero);
        var decision = Decide(State(Observing(0), plan), Seen(Verdict.Unsure), Noon.AddSeconds(60));
        Assert.Equal(new Phase.Shifting(1), decision.Next.Phase);
    }

    [Theory]
    [InlineData(Verdict.Unsure, 0, 59, 0, "hold")]
    [InlineData(Verdict.Unsure, 0, 60, 0, "advance")]
    [InlineData(Verdict.Unsure, 50, 60, 49, "hold")]
    [InlineData(Verdict.Unsure, 50, 60, 50, "advance")]
    [InlineData(null, 0, 60, 500, "hold")]
    [InlineData(Verdict.Fail, 0, 1, 500, "rollback")]
    public void A_shadow_goes_on_by_its_dwell_and_the_evidence_that_it_asks_for_and_goes_back_for_harm(
        Verdict? verdict, int least, int seconds, int requests, string kind)
    {
        var plan = Plans.Canary([Shadow(10) with { AtLeast = new MinimumEvidence(least, 0) }], TimeSpan.Zero);
        Assert.Equal(kind, Decide(State(Observing(0), plan), Seen(verdict, requests), Noon.AddSeconds(seconds)).Kind);
    }

    [Fact]
    public void A_shadow_is_not_left_while_copies_are_not_compared_or_harm_is_suspected()
    {
        var state = State(Observing(0), Plans.Canary([Shadow(10)], TimeSpan.Zero));
        var judgement = Judgement(Verdict.Unsure);
        Assert.Equal("advance", Of(judgement with { Findings = [] }, requests: 0).Kind);
        Assert.StartsWith(
            "0 of 1,000 copies are compared yet; deadline in", Of(judgement with { Findings = [] }).Reason, StringComparison.Ordinal);
        var compared = (long)judgement.Findings[0].Candidate.Requests;
        Assert.Equal("advance", Of(judgement, 2 * compared).Kind);
        Assert.StartsWith(
            $"{compared:N0} of {(2 * compared) + 1:N0} copies are compared yet; deadline in", Of(judgement, (2 * compared) + 1).Reason,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "evidence of harm 7.5 stands against users meeting it; it must fall below 5; deadline in",
            Of(judgement with { Evidence = 7.5 }).Reason, StringComparison.Ordinal);
        Assert.Equal("advance", Of(judgement with { Evidence = 4.9 }).Kind);

        Decision Of(Judgement said, long requests = 1000) =>
            Decide(state, Seen(null, requests) with { Judgement = said }, Noon.AddSeconds(60));
    }

    [Fact]
    public void A_shadow_goes_back_with_a_dead_candidate_and_is_promoted_aborted_and_paused_like_a_step()
    {
        var state = State(Observing(0), Plans.Canary([Shadow(10)], TimeSpan.Zero));
        var dead = Seen() with { CandidateHealth = new ArmHealth(2, 0, 2, TimeSpan.FromSeconds(10)) };
        Assert.Equal("v2 has had no live endpoint for 10 s of 10 s at a 10 % shadow", Decide(state, dead, Noon).Reason);
        Assert.Equal("aborted at a 10 % shadow by ann", Decide(state, Seen().Asking(WishKind.Abort), Noon).Reason);
        Assert.Equal("paused at a 10 % shadow by ann", Decide(state, Seen().Asking(WishKind.Pause), Noon).Reason);
        Assert.Equal(
            "promoted from a 10 % shadow to 5 % by ann; in spite of: 30 s of 60 s",
            Decide(state, Seen(Verdict.Unsure).Asking(WishKind.Promote), Noon.AddSeconds(30)).Reason);
    }

    [Theory]
    [InlineData(UnsureOutcome.Pause, Verdict.Unsure, "pause")]
    [InlineData(UnsureOutcome.Rollback, Verdict.Unsure, "rollback")]
    [InlineData(UnsureOutcome.Promote, Verdict.Unsure, "advance")]
    [InlineData(UnsureOutcome.Rollback, null, "pause")]
    [InlineData(UnsureOutcome.Promote, null, "pause")]
    [InlineData(UnsureOutcome.Rollback, Verdict.Unsure, "pause", 0)]
    [InlineData(UnsureOutcome.Promote, Verdict.Pass, "pause", 0)]
    public void The_unsure_deadline_has_its_declared_outcome_and_the_unknown_pauses(
        UnsureOutcome then, Verdict? verdict, string kind, long requests = 150)
    {
        var plan = Plans.Canary([], ifUnsure: new UnsurePolicy(TimeSpan.FromMinutes(5), then));
        Assert.Equal("hold", Decide(State(Observing(0), plan), Seen(verdict, requests), Noon.AddSeconds(299)).Kind);
        Assert.Equal(kind, Decide(State(Observing(0), plan), Seen(verdict, requests), Noon.AddSeconds(300)).Kind);
    }

    [Fact]
    public void A_holdback_longer_than_the_deadline_is_held_to_its_end()
    {
        var plan = Plans.Canary([], holdback: TimeSpan.FromHours(3));
        Assert.Equal("hold", Decide(State(Observing(4), plan), Seen(Verdict.Unsure), Noon.AddHours(2.5)).Kind);
        Assert.Equal("pause", Decide(State(Observing(4), plan), Seen(Verdict.Unsure), Noon.AddHours(3)).Kind);
    }

    [Fact]
    public void Resume_restarts_the_deadline_and_keeps_the_dwell()
    {
        var paused = State(new Phase.Paused(Observing(2), PauseCause.Unsure, "too little", Noon));
        var decision = Decide(paused, Seen().Asking(WishKind.Resume), Noon.AddHours(3));
        Assert.Equal(Observing(2).WithDeadlineFrom(At(Noon.AddHours(3))), decision.Next.Phase);
        Assert.True(Assert.Single(decision.Wishes).Accepted);
    }

    [Theory]
    [InlineData("Waiting", WishKind.Promote, "promote")]
    [InlineData("Waiting", WishKind.Abort, "abort")]
    [InlineData("Shifting", WishKind.Promote, "refuse")]
    [InlineData("Observing", WishKind.Promote, "promote")]
    [InlineData("PausedObserving", WishKind.Promote, "promote")]
    [InlineData("Baking", WishKind.Promote, "refuse")]
    [InlineData("RollingBack", WishKind.Promote, "refuse")]
    [InlineData("Observing", WishKind.PromoteFull, "promote")]
    [InlineData("Shifting", WishKind.PromoteFull, "promote")]
    [InlineData("Baking", WishKind.PromoteFull, "refuse")]
    [InlineData("Observing", WishKind.Pause, "pause")]
    [InlineData("Baking", WishKind.Pause, "pause")]
    [InlineData("PausedObserving", WishKind.Pause, "refuse")]
    [InlineData("PausedBaking", WishKind.Resume, "resume")]
    [InlineData("Observing", WishKind.Resume, "refuse")]
    [InlineData("Observing", WishKind.Retry, "refuse")]
    [InlineData("RollingBack", WishKind.Abort, "hold")]
    [InlineData("Good", WishKind.Abort, "refuse")]
    public void Each_wish_has_its_answer(string phase, WishKind wish, string kind)
    {
        var decision = Decide(
            State(Named(phase)) with { Generation = phase == "RollingBack" ? 8 : 7 }, Seen(Verdict.Unsure, 3).Asking(wish));
        Assert.Equal(kind, decision.Kind);
        Assert.NotEmpty(Assert.Single(decision.Wishes).Answer);
        Assert.Equal(kind != "refuse", decision.Wishes[0].Accepted);
    }

    [Fact]
    public void A_promotion_says_who_overrode_what()
    {
        var seen = Seen(Verdict.Unsure) with
        {
            Wishes = [Wish(WishKind.Promote, reason: "checked by hand")],
            Gates = [new(QuietGate.Alerts, new GateAnswer.Closed("2 alerts fire"))],
        };
        var decision = Decide(State(Observing(1)), seen, Noon.AddSeconds(12));
        Assert.Equal(
            "promoted from 10 % to 25 % by ann (checked by hand); in spite of: gate alerts, 12 s of 60 s, the verdict is open",
            decision.Reason);
    }

    [Fact]
    public void Promote_full_skips_the_holdback_and_keeps_the_watch()
    {
        var decision = Decide(State(Observing(1)), Seen().Asking(WishKind.PromoteFull));
        Assert.Equal(new Phase.Shifting(5), decision.Next.Phase);
        var baking = Decide(decision.Next, Seen() with { AppliedGeneration = 8 }).Next;
        Assert.IsType<Phase.Baking>(baking.Phase);
        Assert.Equal("hold", Decide(baking, Seen() with { AppliedGeneration = 9 }, Noon.AddMinutes(59)).Kind);
    }

    [Fact]
    public void Nothing_is_promoted_to_a_dead_or_unknown_candidate()
    {
        Assert.Equal("refuse", Decide(State(Observing(1)), (Seen() with { CandidateHealth = null }).Asking(WishKind.Promote)).Kind);
        Assert.Equal(
            "refuse",
            Decide(State(Observing(1)), (Seen() with { CandidateHealth = new(1, 0, 1, TimeSpan.Zero) }).Asking(WishKind.PromoteFull)).Kind);
        Assert.Equal(
            "refuse",
            Decide(State(new Phase.Waiting("")), (Seen() with { CandidateHealth = new(1, 1, 0, null) }).Asking(WishKind.Promote)).Kind);
    }

    [Fact]
    public void A_published_version_supersedes_before_100_and_queues_after()
    {
        var publish = Seen() with { Wishes = [Wish(WishKind.Publish, "v3")] };
        var decision = Decide(State(Observing(1)), publish);
        Assert.Equal(("v3", true), (decision.Queues, decision.Wishes[0].Accepted));
        Assert.Equal("v3 is queued: it supersedes v2 at 10 %", decision.Wishes[0].Answer);
        Assert.Equal(State(Observing(1)), decision.Next);

        var newer = Seen() with { NewerVersion = "v3" };
        Assert.Equal(
            new Phase.RollingBack(RollbackCause.Superseded, "v3 supersedes v2 at 10 %", "v3"),
            Decide(State(Observing(1)), newer).Next.Phase);
        Assert.Equal("hold", Decide(State(new Phase.Baking(Noon)), newer).Kind);
        Assert.EndsWith("v3 is queued behind it", Decide(State(new Phase.Baking(Noon)), newer).Reason);
        Assert.IsType<Phase.Baking>(Decide(State(new Phase.Shifting(5)), newer).Next.Phase);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v9")]
    [InlineData(null)]
    public void A_publish_of_the_arms_or_of_what_is_not_listed_is_refused(string? version) =>
        Assert.Equal("refuse", Decide(State(Observing(1)), Seen() with { Wishes = [Wish(WishKind.Publish, version)] }).Kind);

    [Fact]
    public void Going_back_ends_as_its_cause_says_when_the_router_confirms()
    {
        Assert.Equal(new Phase.RolledBack(RollbackCause.Breaker, "x"), End(RollbackCause.Breaker));
        Assert.Equal(new Phase.Aborted("x"), End(RollbackCause.Abort));
        Assert.Equal(new Phase.Superseded("v3"), End(RollbackCause.Superseded));
        Assert.Equal("wait", Decide(State(new Phase.RollingBack(RollbackCause.Breaker, "x")), Seen() with { AppliedGeneration = 6 }).Kind);

        static Phase End(RollbackCause cause) => Decide(State(new Phase.RollingBack(cause, "x", "v3")), Seen()).Next.Phase;
    }

    [Fact]
    public void Good_needs_the_watch_and_the_requests_and_holds_without_traffic_until_the_deadline()
    {
        var baking = State(new Phase.Baking(Noon));
        Assert.Equal("hold", Decide(baking, Seen(Verdict.Unsure), Noon.AddMinutes(59)).Kind);
        Assert.Equal("good", Decide(baking, Seen(Verdict.Unsure), Noon.AddMinutes(60)).Kind);
        Assert.Equal("hold", Decide(baking, Seen(Verdict.Unsure, 0), Noon.AddMinutes(179)).Kind);
        Assert.Equal("pause", Decide(baking, Seen(Verdict.Unsure, 0), Noon.AddMinutes(180)).Kind);
        Assert.Equal("good", Decide(baking, Seen(Verdict.Unsure, 0).Asking(WishKind.Promote), Noon.AddMinutes(61)).Kind);
        Assert.Equal("good", Decide(State(new Phase.Baking(Noon), Plans.AtOnce(Strategy.AllAtOnce, TimeSpan.Zero)), Seen(null, 0)).Kind);
    }

    [Theory]
    [InlineData(24 * 60)]
    [InlineData(-60)]
    public void A_step_of_the_clock_passes_nothing_and_stalls_nothing(int minutes)
    {
        var plan = Plans.Canary(
            [], holdback: TimeSpan.FromHours(1), ifUnsure: new UnsurePolicy(TimeSpan.FromMinutes(5), UnsureOutcome.Rollback));
        // Evidence is there and a minute of the dwell, holdback or watch is missing; then it is not.
        AssertLasts(Observing(0), Seen(), plan.Steps[0].Dwell, "advance");
        AssertLasts(Observing(plan.Steps.Length - 1), Seen(), TimeSpan.FromHours(1), "advance");
        AssertLasts(new Phase.Baking(Noon), Seen(), plan.Watch, "good");
        AssertLasts(Observing(0), Seen(Verdict.Unsure), TimeSpan.FromMinutes(5), "rollback");
        AssertLasts(Observing(0), Seen(null), TimeSpan.FromMinutes(5), "pause");

        void AssertLasts(Phase phase, Seen seen, TimeSpan time, string kind)
        {
            var (state, jump) = (State(phase, plan), TimeSpan.FromMinutes(minutes));
            Assert.Equal("hold", RolloutEngine.Decide(state, seen, new Moment(Noon + time + jump, time - TimeSpan.FromSeconds(1))).Kind);
            var decision = RolloutEngine.Decide(state, seen, new Moment(Noon + time + jump, time));
            Assert.Equal((kind, Noon + time + jump, time), (decision.Kind, decision.Next.ChangedAt, decision.Next.ChangedAfter));
        }
    }

    [Fact]
    public void Words_tell_the_time_that_counts()
    {
        var decision = RolloutEngine.Decide(State(Observing(0)), Seen(), new Moment(Noon.AddDays(1), TimeSpan.FromSeconds(31)));
        Assert.Contains("for 31 s of 60 s", decision.Reason, StringComparison.Ordinal);
        var paused = State(new Phase.Paused(Observing(0), PauseCause.Person, "asked", Noon) { From = TimeSpan.FromSeconds(10) });
        Assert.StartsWith(
            "paused at 5 % for 21 s:", RolloutEngine.Decide(paused, Seen(), new Moment(Noon.AddDays(1), TimeSpan.FromSeconds(31))).Reason,
            StringComparison.Ordinal);
    }

    private static Decision Decide(RolloutState state, Seen seen) => Decide(state, seen, Noon);

    private static Decision Decide(RolloutState state, Seen seen, DateTimeOffset now) => RolloutEngine.Decide(state, seen, At(now));

    private static void AssertGoesBack(RollbackCause cause, Decision decision)
    {
        Assert.Equal(cause, Assert.IsType<Phase.RollingBack>(decision.Next.Phase).Cause);
        Assert.Equal("0 %", Exposures.RouteFor(decision.Next).Exposure.Highest.ToString());
        Assert.Equal(8, decision.Next.Generation);
    }

    internal static Phase Named(string name) => name switch
    {
        "Waiting" => new Phase.Waiting("a probe"),
        "Shifting" => new Phase.Shifting(1),
        "Observing" => Observing(1),
        "Baking" => new Phase.Baking(Noon),
        "PausedObserving" => new Phase.Paused(Observing(1), PauseCause.Person, "asked", Noon),
        "PausedBaking" => new Phase.Paused(new Phase.Baking(Noon), PauseCause.Person, "asked", Noon),
        "RollingBack" => new Phase.RollingBack(RollbackCause.Verdict, "worse"),
        "Good" => new Phase.Good(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
