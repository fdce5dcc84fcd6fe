using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

public sealed class ExposuresTests
{
    public static TheoryData<Type> EveryPhase() => [.. Family];

    private static IEnumerable<Type> Family => typeof(Phase).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(Phase)));

    [Fact]
    public void The_family_of_phases_has_ten_members() => Assert.Equal(10, Family.Count());

    [Theory]
    [MemberData(nameof(EveryPhase))]
    public void Every_phase_has_an_exposure_a_route_a_population_and_a_next_weight(Type type)
    {
        var state = State(Example(type));
        var exposure = Exposures.For(state.Plan, state.Phase);
        var route = Exposures.RouteFor(state);

        Assert.Equal(Weights.Total, exposure.General.Candidate + exposure.General.Stable);
        Assert.Equal(7, route.Generation);
        Assert.Equal(state.Phase.IsFinal, route.Candidate is null);
        Assert.Equal(route.Candidate is null, route.RolloutId is null);
        Assert.Equal(state.Phase.IsFinal ? Exposure.None : exposure, route.Exposure);
        Assert.Equal(state.Phase.IsExposed, Population.Of(state.Plan, state.Phase).Comparison != Comparison.None);
        Assert.True(Exposures.Next(state.Plan, state.Phase) > Weights.AllStable);
    }

    [Fact]
    public void Only_a_good_candidate_becomes_stable()
    {
        Assert.Equal("v2", Exposures.RouteFor(State(new Phase.Good())).Stable);
        Assert.Equal("v1", Exposures.RouteFor(State(new Phase.Aborted(""))).Stable);
        Assert.Equal("v1", Exposures.RouteFor(State(new Phase.Superseded("v3"))).Stable);
        Assert.Equal("v1", Exposures.RouteFor(State(new Phase.RolledBack(RollbackCause.Verdict, ""))).Stable);
    }

    [Theory]
    [InlineData("city:5,100 10 50", 0, "0 %, city 5 %", Comparison.Concurrent, "city")]
    [InlineData("city:5,100 10 50", 1, "0 %, city 100 %", Comparison.HarmOnly, "city")]
    [InlineData("city:5,100 10 50", 2, "10 %, city 100 %", Comparison.Concurrent, null)]
    [InlineData("city:5,100 10 50", 4, "100 %", Comparison.Historical, null)]
    [InlineData("10 100 firms:50,100", 0, "10 %, firms 0 %", Comparison.Concurrent, null)]
    [InlineData("10 100 firms:50,100", 1, "100 %, firms 0 %", Comparison.Historical, null)]
    [InlineData("10 100 firms:50,100", 2, "100 %, firms 50 %", Comparison.Concurrent, "firms")]
    [InlineData("10 100 firms:100", 0, "10 %, firms 0 %", Comparison.Concurrent, null)]
    [InlineData("10 100 firms:100", 2, "100 %, firms 100 %", Comparison.Historical, "firms")]
    [InlineData("city:20 10 50", 1, "10 %, city 20 %", Comparison.Concurrent, null)]
    [InlineData("city:20 10 50", 2, "50 %, city 50 %", Comparison.Concurrent, null)]
    [InlineData("~10 ~20 city:20 10", 0, "0 %, city 0 %, shadow 10 %", Comparison.Shadow, null)]
    [InlineData("~10 ~20 city:20 10", 1, "0 %, city 0 %, shadow 20 %", Comparison.Shadow, null)]
    [InlineData("~10 ~20 city:20 10", 2, "0 %, city 20 %", Comparison.Concurrent, "city")]
    [InlineData("~10 5", 1, "5 %", Comparison.Concurrent, null)]
    public void Cohorts_keep_what_they_reached_and_wait_for_their_own_steps(
        string written, int step, string exposure, Comparison comparison, string? cohort)
    {
        var plan = Plans.Canary(PlansTests.Stages(written), TimeSpan.Zero);
        Assert.Equal(exposure, Exposures.For(plan, new Phase.Shifting(step)).ToString());
        Assert.Equal(new Population(comparison, cohort), Population.Of(plan, Observing(step)));
    }

    [Fact]
    public void The_judge_is_asked_about_the_step_after()
    {
        Assert.Equal("5 %", Exposures.Next(Canary, new Phase.Waiting("")).ToString());
        Assert.Equal("95 %", Exposures.Next(Canary, Observing(3)).ToString());
        Assert.Equal("100 %", Exposures.Next(Canary, Observing(4)).ToString());
        Assert.Equal("10 %", Exposures.Next(Canary, new Phase.Paused(Observing(0), PauseCause.Unsure, "", Noon)).ToString());
    }

    [Fact]
    public void A_shadow_stays_in_a_pause_and_in_no_other_phase_than_its_step()
    {
        var plan = Plans.Canary(PlansTests.Stages("~10 5"), TimeSpan.Zero);
        var ten = Exposure.OfShadow(Weights.OfCandidate(1000));
        Assert.Equal(ten, Exposures.For(plan, new Phase.Paused(Observing(0), PauseCause.Person, "", Noon)));
        Assert.Equal(Exposure.None, Exposures.For(plan, new Phase.Waiting("")));
        foreach (var type in Family)
            if (Example(type) is not (Phase.Shifting or Phase.Observing or Phase.Paused) and var phase)
                Assert.Null(Exposures.RouteFor(State(phase, plan)).Exposure.Shadow);
        Assert.Equal("0 %", Exposures.Next(plan, new Phase.Waiting("")).ToString());
        Assert.Equal("5 %", Exposures.Next(plan, Observing(0)).ToString());
    }

    private static Phase Example(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        return (Phase)constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType))]);
    }

    private static object Value(Type type) =>
        type == typeof(string) ? "words" :
        type == typeof(int) ? 1 :
        type == typeof(DateTimeOffset) ? Noon :
        type == typeof(Phase) ? Observing(2) :
        Enum.GetValues(type).GetValue(0)!;
}
