using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>Random walks of the engine through random sights, checked against the invariants of the design at every decision.</summary>
public sealed class InvariantTests
{
    private static readonly string[] PlanTexts = [
        "5 10 25 50", "1 100 firms:50,100", "staff:10,100 5 50", "city:20 10 50", "~10 ~20 5 50", "~5 staff:10,100 25"
    ];

    /// <summary>One round: what is seen, how long after the last one, and by how much the clock was set in between.</summary>
    public sealed record Round(
        int Seconds, int ClockSet, Verdict? Verdict, int Requests, int? Live, int Probed, bool Answers, int Trip, bool GateOpen,
        string? Newer, WishKind? Wish, WishKind? Second);

    [Fact]
    public void Holds_its_invariants_on_random_walks() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20261121, 7),
            Prop.ForAll(Arb.From(Walks()), walk => Walk(walk.Plan, walk.Rounds)));

    private static void Walk(Plan plan, Round[] rounds)
    {
        var state = Given.State(new Phase.Waiting("a probe"), plan) with { Generation = 1 };
        var (now, elapsed, wishes, pending, goneFrom) = (Given.Noon, TimeSpan.Zero, 0L, new List<Wish>(), (TimeSpan?)null);
        var lasting = new Lasting();
        var answered = new HashSet<long>();
        foreach (var round in rounds)
        {
            elapsed += TimeSpan.FromSeconds(round.Seconds);
            now += TimeSpan.FromSeconds(round.Seconds + round.ClockSet);
            foreach (var kind in new[] { round.Wish, round.Second })
                if (kind is { } asked) pending.Add(Given.Wish(asked, "v3", ++wishes));
            goneFrom = round.Live == 0 ? goneFrom ?? elapsed : null;
            var seen = new Seen
            {
                Judgement = round.Verdict is { } verdict ? Given.Judgement(verdict) : null,
                Unmeasured = round.Verdict is null ? "nothing answers" : null,
                Evidence = new StepEvidence(round.Requests, 0),
                CandidateHealth = round.Live is { } live ? new ArmHealth(2, live, round.Probed, elapsed - goneFrom) : null,
                Trip = round.Trip == 0 ? new BreakerTrip(state.Id, now, "tripped") : null,
                Gates = [new GateView(QuietGate.Alerts, round.GateOpen ? new GateAnswer.Open("") : new GateAnswer.Closed(""))],
                NewerVersion = round.Newer,
                Versions = ["v1", "v2", "v3"],
                AppliedGeneration = round.Answers ? state.Generation : null,
                Wishes = [.. pending],
            };

            var decision = RolloutEngine.Decide(state, seen, new Moment(now, elapsed));

            Assert.Equal(decision, RolloutEngine.Decide(state, seen, new Moment(now, elapsed)) with { Wishes = decision.Wishes });
            Assert.NotEmpty(decision.Reason);
            foreach (var outcome in decision.Wishes)
            {
                Assert.Contains(outcome.Wish, pending);
                Assert.True(answered.Add(outcome.Wish.Id), "a wish is answered once");
                pending.Remove(outcome.Wish);
            }

            if (!seen.Wishes.IsEmpty && ReferenceEquals(decision.Next, state)) Assert.NotEmpty(decision.Wishes);
            CheckStep(state, seen, decision);
            lasting.Check(state, decision, elapsed);
            state = decision.Next;
        }

        // Every wish is answered once rounds go on: each quiet round answers at least one or ends the rollout.
        for (var left = pending.Count + 4; pending.Count > 0; left--)
        {
            Assert.True(left > 0, "a wish stays unanswered");
            var decision = RolloutEngine.Decide(
                state, new Seen { Wishes = [.. pending], AppliedGeneration = state.Generation }, new Moment(now, elapsed));
            foreach (var outcome in decision.Wishes) Assert.True(answered.Add(outcome.Wish.Id) && pending.Remove(outcome.Wish));
            state = decision.Next;
        }
    }

    private static void CheckStep(RolloutState before, Seen seen, Decision decision)
    {
        var after = decision.Next;
        Assert.Equal(ReferenceEquals(before, after) ? before.Generation : before.Generation + 1, after.Generation);
        if (before.Phase.IsFinal) Assert.Same(before, after);

        var (plan, was, becomes) = (before.Plan, before.Phase.StepIn(before.Plan), after.Phase.StepIn(before.Plan));
        var (from, to) = (Exposures.For(plan, before.Phase), Exposures.For(plan, after.Phase));
        var granted = decision.Wishes.Where(o => o.Accepted).Select(o => o.Wish.Kind).ToArray();
        var isPushed = granted.Any(k => k is WishKind.Promote or WishKind.PromoteFull);

        if (becomes > was + 1 && !after.Phase.IsFinal) Assert.Contains(WishKind.PromoteFull, granted);
        if (Rises(from, to))
        {
            Assert.False(ReferenceEquals(before, after));
            Assert.Contains(decision.Kind, new[] { "advance", "promote" });
            Assert.IsType<Phase.Shifting>(after.Phase);
            Assert.True(seen.CandidateHealth is { Live: > 0 }, "nothing is given to a dead or unknown candidate");
            Assert.Null(seen.Trip);
            if (!isPushed)
            {
                Assert.True(seen.Gates[0].IsOpen);
                if (was >= 0) Assert.NotNull(seen.Judgement);
                else Assert.Null(seen.Unmeasured);
                if (was >= 0
                    && Population.Of(plan, before.Phase).Comparison == Comparison.Concurrent
                    && plan.IfUnsure.Then != UnsureOutcome.Promote)
                    Assert.Equal(Verdict.Pass, seen.Judgement!.Verdict);
            }
        }

        var isOut = after.Phase is Phase.RollingBack or Phase.RolledBack or Phase.Superseded or Phase.Aborted;
        if (isOut) Assert.False(to.ReachesCandidate);
        if (to.Shadow is not null) Assert.Equal(Weights.AllStable, to.Highest);
        if (before.Phase is Phase.RollingBack) Assert.True(isOut, "what goes back does not turn round");
        if (before.Phase.IsExposed && (seen.Trip is not null || seen.Judgement?.Verdict == Verdict.Fail)) Assert.True(isOut);

        var isUnknown = seen is { Judgement: null, Trip: null, Wishes.IsEmpty: true, NewerVersion: null }
            && seen.CandidateHealth is not { Live: 0 };
        if (isUnknown && before.Phase is Phase.Observing or Phase.Baking)
            if (isUnknown) Assert.True(ReferenceEquals(before, after) || after.Phase is Phase.Paused, "unknown holds or pauses");
    }

    /// <summary>Its own book of how long each phase has lasted, by the time that no step of the clock moves.</summary>
    private sealed class Lasting
    {
        private TimeSpan entered, resumed;

        public void Check(RolloutState before, Decision decision, TimeSpan elapsed)
        {
            var after = decision.Next;
            if (ReferenceEquals(before, after)) return;
            var isGranted = decision.Wishes.Any(o => o.Accepted);
            if (!isGranted && before.Phase is Phase.Observing at && after.Phase is Phase.Shifting)
                Assert.True(elapsed - entered >= before.Plan.Steps[at.Step].Dwell, $"step {at.Step} was left after {elapsed - entered}");
            if (!isGranted && after.Phase is Phase.Good)
                Assert.True(elapsed - entered >= before.Plan.Watch, $"the watch was over after {elapsed - entered}");
            if (after.Phase is Phase.Paused { Cause: PauseCause.Unsure } or Phase.RollingBack { Cause: RollbackCause.Unsure })
                Assert.True(
                    elapsed - (resumed > entered ? resumed : entered) >= before.Plan.IfUnsure.Hold, $"unsure after {elapsed - entered}");
            if (before.Phase is Phase.Shifting && after.Phase is Phase.Observing or Phase.Baking) entered = elapsed;
            if (before.Phase is Phase.Paused && decision.Kind == "resume") resumed = elapsed;
        }
    }

    private static bool Rises(Exposure from, Exposure to) =>
        to.General > from.General || to.Shadow > (from.Shadow ?? Weights.AllStable) || to.Cohorts.Any(
            c => c.Weights > from.Cohorts.Where(o => o.Cohort == c.Cohort).Select(o => o.Weights).DefaultIfEmpty(from.General).First());

    private static Gen<(Plan Plan, Round[] Rounds)> Walks() =>
        from text in Gen.Elements(PlanTexts)
        from then in Gen.Elements(Enum.GetValues<UnsureOutcome>())
        from rounds in Rounds().ArrayOf(60)
        select (Plans.Canary(
            PlansTests.Stages(text), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2),
            ifUnsure: new(TimeSpan.FromMinutes(10), then)), rounds);

    private static Gen<Round> Rounds() =>
        from seconds in Gen.Frequency((6, Gen.Choose(1, 90)), (1, Gen.Choose(600, 8000)))
        from set in Gen.Frequency((12, Gen.Constant(0)), (1, Gen.Choose(-90_000, 0)), (1, Gen.Choose(0, 90_000)))
        from verdict in Gen.Frequency(
            (8, Gen.Constant<Verdict?>(Verdict.Pass)), (3, Gen.Constant<Verdict?>(Verdict.Unsure)), (2, Gen.Constant<Verdict?>(null)),
            (1, Gen.Constant<Verdict?>(Verdict.Fail)))
        from requests in Gen.Frequency((4, Gen.Constant(500)), (1, Gen.Choose(0, 199)))
        from live in Gen.Frequency((9, Gen.Choose(1, 2).Select(l => (int?)l)), (1, Gen.Constant<int?>(0)), (1, Gen.Constant<int?>(null)))
        from probed in Gen.Choose(0, 2)
        from answers in Gen.Frequency((6, Gen.Constant(true)), (1, Gen.Constant(false)))
        from trip in Gen.Choose(0, 60)
        from gate in Gen.Frequency((6, Gen.Constant(true)), (1, Gen.Constant(false)))
        from newer in Gen.Frequency((40, Gen.Constant<string?>(null)), (1, Gen.Constant<string?>("v3")))
        from wish in Gen.Frequency(
            (8, Gen.Constant<WishKind?>(null)),
            (2, Gen.Elements(Enum.GetValues<WishKind>()).Where(k => k != WishKind.Abort).Select(k => (WishKind?)k)))
        from second in Gen.Frequency(
            (40, Gen.Constant<WishKind?>(null)), (1, Gen.Elements(Enum.GetValues<WishKind>()).Select(k => (WishKind?)k)))
        select new Round(seconds, set, verdict, requests, live, probed, answers, trip, gate, newer, wish, second);
}
