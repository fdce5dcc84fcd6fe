using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Control.Tests.Persistence;

public sealed class RolloutJsonTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, 891, TimeSpan.Zero);

    /// <summary>Found by reflection, so that a new case of the family cannot be forgotten.</summary>
    public static TheoryData<Type> EveryPhase() =>
        [.. typeof(Phase).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(Phase)))];

    [Theory]
    [MemberData(nameof(EveryPhase))]
    public void Every_phase_comes_back_as_it_was(Type phase)
    {
        var state = State((Phase)Example(phase));
        Assert.Equal(state, RolloutJson.ReadState(RolloutJson.Write(state)));
    }

    [Theory]
    [MemberData(nameof(EveryPhase))]
    public void Every_phase_comes_back_from_inside_a_pause(Type phase)
    {
        var state = State(new Phase.Paused((Phase)Example(phase), PauseCause.Unsure, "no word by the deadline", At));
        Assert.Equal(state, RolloutJson.ReadState(RolloutJson.Write(state)));
    }

    [Fact]
    public void A_state_is_written_as_people_would_read_it() => Assert.Equal(
        """{"id":"shop-prod-3","service":"shop","environment":"prod","number":3,"stable":"v1","candidate":"v2","generation":17,"startedAt":"2026-03-04T05:06:07.891+00:00","changedAt":"2026-03-04T05:06:08.891+00:00","phase":{"phase":"RolledBack","cause":"Verdict","why":"5 % > 0.1 %"},"plan":{"strategy":"Canary","steps":[],"watch":"01:00:00","atLeast":{"requests":200,"users":0},"ifUnsure":{"hold":"02:00:00","then":"Pause"}},"changedAfter":"00:03:20"}""",
        RolloutJson.Write(
            State(new Phase.RolledBack(RollbackCause.Verdict, "5 % > 0.1 %")) with { ChangedAfter = TimeSpan.FromSeconds(200) }));

    [Fact]
    public void The_plan_a_rollout_began_with_comes_back()
    {
        var plan = new Plan
        {
            Strategy = Strategy.BlueGreen,
            Steps = [
                new Step("beta", Weights.OfCandidate(500), TimeSpan.FromSeconds(5), new MinimumEvidence(7, 3), true),
                new Step(null, Weights.AllStable, TimeSpan.Zero, default) { Shadow = Weights.OfCandidate(1000) }
            ],
            Watch = TimeSpan.FromSeconds(9),
            AtLeast = new MinimumEvidence(1, 2),
            IfUnsure = new UnsurePolicy(TimeSpan.FromMinutes(2), UnsureOutcome.Rollback),
        };
        var state = State(new Phase.Good()) with { Plan = plan };
        Assert.Equal(state, RolloutJson.ReadState(RolloutJson.Write(state)));
    }

    [Fact]
    public void A_shadow_is_written_where_there_is_one_and_what_was_written_before_there_were_any_still_reads()
    {
        var (step, ten) = (new Step(null, Weights.AllStable, TimeSpan.Zero, default), Weights.OfCandidate(1000));
        Assert.DoesNotContain(
            "shadow", RolloutJson.Write(State(new Phase.Good()) with { Plan = new Plan { Steps = [step] } }), StringComparison.Ordinal);
        Assert.DoesNotContain("shadow", RolloutJson.Write(new FactData { Exposure = Exposure.None }), StringComparison.Ordinal);
        Assert.Contains(
            "\"shadow\":1000", RolloutJson.Write(State(new Phase.Good()) with { Plan = new Plan { Steps = [step with { Shadow = ten }] } }),
            StringComparison.Ordinal);
        Assert.Equal(
            Exposure.OfShadow(ten), RolloutJson.ReadFact(RolloutJson.Write(new FactData { Exposure = Exposure.OfShadow(ten) })).Exposure);
    }

    [Fact]
    public void What_has_to_last_comes_back_with_the_elapsed_time_it_counts_from()
    {
        var now = new Moment(At, new TimeSpan(0, 1, 2, 3, 456));
        var observing = Phase.Observing.Begin(2, now).WithDeadlineFrom(new Moment(At.AddDays(1), now.Elapsed * 2));
        foreach (var phase in (Phase[])[observing, Phase.Baking.Begin(now), Phase.Paused.Begin(observing, PauseCause.Person, "lunch", now)])
        {
            var state = State(phase) with { ChangedAfter = now.Elapsed };
            Assert.Equal(state, RolloutJson.ReadState(RolloutJson.Write(state)));
        }
    }

    /// <summary>Saved by a version that measured by the time of day.</summary>
    [Theory]
    [InlineData("""{"phase":"Observing","step":1,"since":"2026-03-04T05:06:07+00:00","unsureSince":"2026-03-04T05:16:07+00:00"}""")]
    [InlineData("""{"phase":"Baking","since":"2026-03-04T05:06:07+00:00"}""")]
    [InlineData(
        """{"phase":"Paused","at":{"phase":"Baking","since":"2026-03-04T05:06:07+00:00"},"cause":"Person","why":"lunch","since":"2026-03-04T05:06:07+00:00"}""")]
    public void A_state_without_elapsed_times_reads_and_says_that_it_has_none(string phase)
    {
        var json = """
            {"id":"shop-prod-3","service":"shop","environment":"prod","number":3,"stable":"v1","candidate":"v2","generation":17,
             "startedAt":"2026-03-04T05:06:07+00:00","changedAt":"2026-03-04T05:06:07+00:00","phase":PHASE,
             "plan":{"strategy":"Canary","steps":[],"watch":"01:00:00","atLeast":{"requests":200,"users":0},"ifUnsure":{"hold":"02:00:00","then":"Pause"}}}
            """.Replace("PHASE", phase, StringComparison.Ordinal);
        var state = RolloutJson.ReadState(json);
        Assert.Null(state.ChangedAfter);
        Assert.Equal(TimeSpan.Zero, state.Phase switch
        {
            Phase.Observing at => at.From + at.UnsureFrom,
            Phase.Baking at => at.From,
            Phase.Paused { At: Phase.Baking at } paused => at.From + paused.From,
            var other => throw new InvalidOperationException(other.Name),
        });
        Assert.Equal(state, RolloutJson.ReadState(RolloutJson.Write(state)));
    }

    [Fact]
    public void Unknown_members_are_skipped_and_missing_ones_refused()
    {
        var json = RolloutJson.Write(State(new Phase.Shifting(2)));
        Assert.Equal(State(new Phase.Shifting(2)), RolloutJson.ReadState(json.Insert(1, "\"later\":[1,{}],")));
        Assert.Throws<JsonException>(() => RolloutJson.ReadState(json.Replace(",\"step\":2", "", StringComparison.Ordinal)));
        Assert.Throws<JsonException>(() => RolloutJson.ReadState(json.Replace("Shifting", "Levitating", StringComparison.Ordinal)));
        Assert.Throws<JsonException>(() => RolloutJson.ReadState("null"));
        Assert.Throws<JsonException>(() => RolloutJson.ReadState(json[..^5]));
    }

    [Fact]
    public void Fact_data_comes_back_with_its_judgement_and_its_unknown_numbers()
    {
        var finding = new Finding(
            "errors", Verdict.Unsure, double.NaN, 0.5, double.PositiveInfinity, -1.25, 4.6, new Sample(1, 1000), new Sample(0, 50),
            "too little yet");
        var data = new FactData
        {
            Generation = 9,
            Phase = new Phase.Observing(1, At, At),
            Exposure = new Exposure(Weights.OfCandidate(500), [new CohortWeights("beta", Weights.AllCandidate)]),
            Judgement = new Judgement(Verdict.Unsure, 1.5, 100, null, [finding], "too little yet", TimeSpan.FromMinutes(3)),
            Who = "ann",
            Reason = "it looked <odd> & \"slow\"",
            From = "127.0.0.1",
            Accepted = true,
            WishId = 4,
            Version = "v2",
            Stable = "v1",
            More = ImmutableSortedDictionary<string, string>.Empty.Add("file", "shop.yaml"),
        };

        var back = RolloutJson.ReadFact(RolloutJson.Write(data));

        Assert.Equal(data.Judgement.Findings.AsEnumerable(), back.Judgement!.Findings.AsEnumerable());
        Assert.Equal(data.Judgement with { Findings = default }, back.Judgement with { Findings = default });
        Assert.Equal(data.More.AsEnumerable(), back.More!.AsEnumerable());
        Assert.Equal(data with { Judgement = null, More = null }, back with { Judgement = null, More = null });
        Assert.Equal("{}", RolloutJson.Write(new FactData()));
    }

    [Fact]
    public void A_weight_outside_its_range_is_refused() =>
        Assert.Throws<JsonException>(() => RolloutJson.ReadFact("""{"exposure":{"general":10001,"cohorts":[]}}"""));

    [Fact]
    public void Tried_versions_come_back()
    {
        ImmutableArray<TriedVersion> tried = [new("v2", "aa"), new("v3", "bb")];
        Assert.Equal(tried.AsEnumerable(), RolloutJson.ReadTried(RolloutJson.Write(tried)).AsEnumerable());
    }

    private static RolloutState State(Phase phase) =>
        new("shop-prod-3", "shop", "prod", 3, "v1", "v2", 17, At, At.AddSeconds(1), phase) { Plan = new Plan() };

    private static object Example(Type type)
    {
        if (type == typeof(Phase)) return new Phase.Observing(3, At, At.AddMinutes(1));
        if (type == typeof(string)) return $"why: 1/α ≥ 100 & \"more\"";
        if (type == typeof(int)) return 4;
        if (type == typeof(DateTimeOffset)) return At.AddDays(2);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(1)!;
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(p => Example(p.ParameterType))]);
    }
}
