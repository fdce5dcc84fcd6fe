using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>A plan that was read again is the same one: its steps are compared one by one.</summary>
public sealed class PlanTests
{
    private static readonly Plan Plan = Plans.Canary([Everybody(5, 10)]);

    public static TheoryData<string, Plan> Others() => new()
    {
        { "another strategy", Plan with { Strategy = Strategy.BlueGreen } },
        { "a step less", Plan with { Steps = Plan.Steps.RemoveAt(0) } },
        { "another dwell", Plan with { Steps = Plan.Steps.SetItem(0, Plan.Steps[0] with { Dwell = TimeSpan.FromHours(9) }) } },
        { "another watch", Plan with { Watch = TimeSpan.FromHours(9) } },
        { "other evidence", Plan with { AtLeast = new MinimumEvidence(9, 9) } },
        { "another end of what is unsure", Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromHours(9), UnsureOutcome.Promote) } },
    };

    [Theory]
    [MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public void Is_another_one_when_anything_differs(string what, Plan other) => Assert.False(Plan.Equals(other), what);

    [Fact]
    public void Is_the_same_when_it_is_read_again()
    {
        var again = Plans.Canary([Everybody(5, 10)]);
        Assert.True(Plan.Equals(again) && Plan.GetHashCode() == again.GetHashCode());
        Assert.False(Plan.Equals(null));
    }

    [Fact]
    public void May_hold_a_step_for_no_time_but_not_for_less()
    {
        Assert.Empty(Plans.Check([Everybody(5) with { Dwell = TimeSpan.Zero }]));
        Assert.Equal(
            "a hold cannot be negative", Assert.Single(Plans.Check([Everybody(5) with { Dwell = TimeSpan.FromTicks(-1) }])).Message);
    }

    [Fact]
    public void Asks_for_the_evidence_and_the_end_that_it_was_given()
    {
        var (least, unsure) = (new MinimumEvidence(9, 8), new UnsurePolicy(TimeSpan.FromHours(9), UnsureOutcome.Rollback));
        var (canary, atOnce) = (Plans.Canary([], null, null, least, unsure), Plans.AtOnce(Strategy.BlueGreen, null, least, unsure));
        Assert.Equal((least, unsure), (canary.AtLeast, canary.IfUnsure));
        Assert.Equal((least, unsure), (atOnce.AtLeast, atOnce.IfUnsure));
        var silent = Plans.AtOnce(Strategy.BlueGreen);
        Assert.Equal((MinimumEvidence.Default, UnsurePolicy.Default), (silent.AtLeast, silent.IfUnsure));
    }

    [Fact]
    public void Has_its_holdback_at_its_only_step_when_that_is_high_enough() =>
        Assert.True(Assert.Single(Plans.Canary([Everybody(97)]).Steps).IsHoldback);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 3)]
    public void Holds_a_step_that_is_the_holdback_for_the_longer_of_both_times(int holdback, int hours) => Assert.Equal(
        TimeSpan.FromHours(hours),
        Plans.Canary([Everybody(97) with { Dwell = TimeSpan.FromHours(2) }], TimeSpan.FromHours(holdback)).Steps[0].Dwell);
}
