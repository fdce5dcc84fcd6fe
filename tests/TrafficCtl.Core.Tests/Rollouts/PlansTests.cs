using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

public sealed class PlansTests
{
    [Fact]
    public void The_default_goes_by_5_10_25_50_and_an_hour_of_holdback()
    {
        Assert.Equal("5 10 25 50 95h", Told(Plans.Default));
        Assert.Equal(TimeSpan.FromMinutes(60), Plans.Default.Steps[^1].Dwell);
        Assert.Equal(TimeSpan.FromSeconds(60), Plans.Default.Steps[0].Dwell);
        Assert.Equal(TimeSpan.FromHours(1), Plans.Default.Watch);
    }

    [Theory]
    [InlineData("10 100", 60, "10 95h")]
    [InlineData("10 100", 0, "10")]
    [InlineData("5 25", 60, "5 25 95h")]
    [InlineData("5 95", 60, "5 95h")]
    [InlineData("5 98 100", 60, "5 98h")]
    [InlineData("100", 60, "95h")]
    [InlineData("staff:100", 60, "staff95h staff100 5 10 25 50 95h")]
    [InlineData("staff:100", 0, "staff100 5 10 25 50")]
    [InlineData("city:5,25,100 1 10 50 100", 60, "city5 city25 city95h city100 1 10 50 95h")]
    [InlineData("1 100 firms:100", 60, "1 95h 100 firms95h firms100")]
    [InlineData("city:10 50", 60, "city10 50 95h")]
    [InlineData("~10 ~100 50", 60, "~10 ~100 50 95h")]
    [InlineData("~10", 60, "~10 5 10 25 50 95h")]
    [InlineData("~1 100", 0, "~1")]
    [InlineData("~1 100", 60, "~1 95h")]
    public void A_holdback_stands_before_each_100_and_the_way_ends_there(string written, int minutes, string steps) =>
        Assert.Equal(steps, Told(Plans.Canary(Stages(written), TimeSpan.FromMinutes(minutes))));

    [Theory]
    [InlineData("5 5", "1.0 must rise: 5 % follows 5 % of everybody")]
    [InlineData("0", "0.0 must be above 0 %")]
    [InlineData("city:25,5 10 city:25", "0.1 must rise: 5 % follows 25 % of cohort city; 2.0 must rise: 25 % follows 25 % of cohort city")]
    [InlineData("city:25 5", "")]
    [InlineData("~10 ~10 ~5 ~20", "1. must rise: a shadow of 10 % follows one of 10 %; 2. must rise: a shadow of 5 % follows one of 10 %")]
    [InlineData("~0", "0. must be above 0 %")]
    [InlineData("5 ~10", "1. must come before the first step that users see: from there on the candidate has real requests, and a copy of "
        + "others tells nothing more")]
    [InlineData("~10 5", "")]
    public void A_step_that_does_not_rise_is_a_problem(string written, string problems) =>
        Assert.Equal(problems, string.Join("; ", Plans.Check(Stages(written)).Select(p => $"{p.Stage}.{p.Weight} {p.Message}")));

    [Fact]
    public void A_stage_without_a_weight_or_with_a_negative_hold_is_a_problem()
    {
        var problems = Plans.Check([new Stage(null, []), new Stage(null, [Weights.OfCandidate(1)], TimeSpan.FromSeconds(-1))]);
        Assert.Equal([(0, null), (1, null)], problems.Select(p => (p.Stage, p.Weight)));
        Assert.Throws<ArgumentException>(() => Plans.Canary([new Stage(null, [])]));
    }

    [Fact]
    public void Each_stage_keeps_its_dwell_and_evidence_and_the_rest_have_the_plans()
    {
        var plan = Plans.Canary(
            [Given.Everybody(5) with { Dwell = TimeSpan.FromSeconds(9), AtLeast = new MinimumEvidence(7, 3) }, Given.Everybody(50)],
            TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(8), new MinimumEvidence(11, 0));
        Assert.Equal((TimeSpan.FromSeconds(9), new MinimumEvidence(7, 3)), (plan.Steps[0].Dwell, plan.Steps[0].AtLeast));
        Assert.Equal((Plan.DefaultDwell, new MinimumEvidence(11, 0)), (plan.Steps[1].Dwell, plan.Steps[1].AtLeast));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(8)), (plan.Steps[2].Dwell, plan.Watch));
    }

    [Fact]
    public void A_shadow_has_neither_weights_nor_a_cohort_and_needs_the_evidence_that_is_written_in_it()
    {
        var ten = Weights.OfCandidate(1000);
        foreach (var stage in new[] { Everybody(5) with { Shadow = ten }, new Stage("staff", []) { Shadow = ten } })
            Assert.StartsWith("is a step of its own", Assert.Single(Plans.Check([stage])).Message, StringComparison.Ordinal);

        var plan = Plans.Canary(
            [Shadow(10), Shadow(20) with { AtLeast = new MinimumEvidence(7, 0), Dwell = TimeSpan.FromMinutes(9) }],
            atLeast: new MinimumEvidence(500, 3));
        Assert.Equal([default, new MinimumEvidence(7, 0), new MinimumEvidence(500, 3)], plan.Steps.Take(3).Select(s => s.AtLeast));
        Assert.Equal([Plan.DefaultDwell, TimeSpan.FromMinutes(9)], plan.Steps.Take(2).Select(s => s.Dwell));
    }

    internal static string Told(Plan plan) => string.Join(' ', plan.Steps.Select(s =>
        s.Shadow is { } shadow ? $"~{shadow.Candidate / 100}" : $"{s.Cohort}{s.Weights.Candidate / 100}{(s.IsHoldback ? "h" : "")}"));

    /// <summary><c>~10</c> is a shadow, <c>staff:10,100</c> a cohort, <c>10</c> everybody.</summary>
    internal static System.Collections.Immutable.ImmutableArray<Stage> Stages(string written) => [.. written.Split(' ').Select(word =>
        word.StartsWith('~') ? Given.Shadow(int.Parse(word[1..])) : word.Split(':') is [var cohort, var weights]
            ? Of(cohort, [.. weights.Split(',').Select(int.Parse)])
            : Given.Everybody(int.Parse(word)))];
}
