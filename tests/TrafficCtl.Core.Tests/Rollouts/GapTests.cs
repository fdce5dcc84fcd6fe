using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>What a step misses: whether it is unknown or too little, and from which number on it is enough.</summary>
public sealed class GapTests
{
    private static readonly UnsurePolicy Strict = new(TimeSpan.FromMinutes(5), UnsureOutcome.Rollback);

    private static readonly Plan Plan = Plans.Canary([Everybody(5, 10) with { AtLeast = new MinimumEvidence(200, 100) }], ifUnsure: Strict);

    [Fact]
    public void What_is_unknown_at_the_deadline_pauses_although_the_plan_asks_for_a_rollback()
    {
        Assert.Equal("pause", AtDeadline(Seen() with { AppliedGeneration = 6 }));
        Assert.Equal("pause", AtDeadline(Seen() with { AppliedGeneration = null }));
        Assert.Equal("pause", AtDeadline(Seen() with { CandidateHealth = null }));
        Assert.Equal("pause", AtDeadline(Seen() with { CandidateHealth = new ArmHealth(2, 0, 2, null) }));
    }

    [Fact]
    public void What_was_measured_and_is_too_little_at_the_deadline_is_rolled_back_where_the_plan_asks_for_it()
    {
        Assert.Equal("rollback", AtDeadline(Seen(requests: 199)));
        Assert.Equal("rollback", AtDeadline(Seen() with { Evidence = new StepEvidence(1000, 99) }));
        Assert.Equal("rollback", AtDeadline(Seen(Verdict.Unsure)));
        var shadow = Plans.Canary([Shadow(10)], ifUnsure: Strict);
        Assert.Equal("rollback", AtDeadline(Seen(null) with { Judgement = Judgement(Verdict.Unsure) with { Evidence = 7.5 } }, shadow));
    }

    [Fact]
    public void Exactly_what_is_asked_for_is_enough()
    {
        Assert.Equal("advance", AtDeadline(Seen(requests: 200)));
        Assert.Equal("advance", AtDeadline(Seen() with { Evidence = new StepEvidence(1000, 100) }));
    }

    /// <summary>A probe is asked for before the first request; after that, a live endpoint is enough.</summary>
    [Fact]
    public void A_step_asks_for_no_probe() =>
        Assert.Equal("advance", AtDeadline(Seen() with { CandidateHealth = new ArmHealth(2, 1, 0, null) }));

    [Theory]
    [InlineData(4.9, "advance")]
    [InlineData(5, "hold")]
    public void A_shadow_is_not_left_from_the_first_evidence_of_harm_that_counts(double evidence, string kind)
    {
        Assert.Equal(5, Verdicts.Caution);
        Assert.Equal(kind, OfShadow(Judgement(Verdict.Unsure) with { Evidence = evidence }));
    }

    /// <summary>Errors are compared at once, latency after its warm-up.</summary>
    [Fact]
    public void Copies_count_as_compared_when_one_signal_compares_them()
    {
        var judgement = Judgement(Verdict.Unsure);
        var late = judgement.Findings[0] with { Signal = "latency", Candidate = new Sample(0, 1) };
        Assert.Equal("advance", OfShadow(judgement with { Findings = [.. judgement.Findings, late] }));
        Assert.Equal("advance", OfShadow(judgement with { Findings = ImmutableArray.Create(late).AddRange(judgement.Findings) }));
        Assert.Equal("hold", OfShadow(judgement with { Findings = [late] }));
    }

    private static string OfShadow(Judgement judgement) => RolloutEngine.Decide(
        State(Observing(0), Plans.Canary([Shadow(10)])), Seen(null) with { Judgement = judgement }, At(Noon.AddSeconds(60))).Kind;

    private static string AtDeadline(Seen seen, Plan? plan = null) =>
        RolloutEngine.Decide(State(Observing(0), plan ?? Plan), seen, At(Noon + Strict.Hold)).Kind;
}
