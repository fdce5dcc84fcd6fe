using TrafficCtl.Cli.Demo.Pacing;
using TrafficCtl.Cli.Demo.Story;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo.Story;

public sealed class ExpectationTests
{
    public static TheoryData<string, bool> All() =>
        [.. Scenarios.Names
            .SelectMany(name => new[] { (name, true), (name, false) })
            .Select(p => new TheoryDataRow<string, bool>(p.name, p.Item2))];

    [Theory]
    [MemberData(nameof(All))]
    public void Less_traffic_takes_longer_and_is_given_longer(string scenario, bool fast)
    {
        var expected = Pace.Levels.Select(rate => Expectation.Of(Profile.Of(Scenarios.Parse(scenario), fast, rate))).ToArray();
        Assert.Equal(expected.Select(e => e.Typical).OrderDescending(), expected.Select(e => e.Typical));
        Assert.All(expected, e => Assert.True(e.Most > e.Typical * 1.5));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void No_step_ends_at_its_deadline_for_want_of_traffic(string scenario, bool fast) => Assert.All(Pace.Levels, rate =>
    {
        var profile = Profile.Of(Scenarios.Parse(scenario), fast, rate);
        Assert.True(profile.Times.UnsureHold >= Expectation.LongestStep(profile.Times with { Holdback = TimeSpan.Zero }, rate) * 1.5);
    });

    [Fact]
    public void A_good_version_takes_under_two_minutes_at_the_full_rate() =>
        Assert.InRange(Expectation.Of(Profile.Of(DemoScenario.Good, true, Pace.Full)).Typical.TotalSeconds, 70, 110);
}
