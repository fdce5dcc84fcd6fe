using FsCheck.Fluent;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Routing;

public class ExposureTests
{
    [Fact]
    public void The_highest_share_counts_cohorts_too() =>
        Prop.ForAll(WeightsTests.Any, WeightsTests.Any, WeightsTests.Any, (general, one, other) =>
        {
            var exposure = new Exposure(general, [new CohortWeights("one", one), new CohortWeights("other", other)]);
            return exposure.Highest.Candidate == Math.Max(general.Candidate, Math.Max(one.Candidate, other.Candidate));
        }).Holds();

    [Fact]
    public void Exposures_are_equal_by_what_they_say()
    {
        var (five, ten) = (Weights.OfCandidate(500), Weights.OfCandidate(1000));
        var one = new Exposure(five, [new CohortWeights("staff", ten)]);
        var same = new Exposure(five, [new CohortWeights("staff", ten)]);
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, Exposure.Of(five));
        Assert.NotEqual(one, new Exposure(five, [new CohortWeights("staff", five)]));
        Assert.NotEqual(one, new Exposure(five, [new CohortWeights("beta", ten)]));
        Assert.Equal("5 %, staff 10 %", one.ToString());
    }

    [Fact]
    public void A_limit_lowers_every_share_above_it_and_raises_none()
    {
        var (one, five, ten) = (Weights.OfCandidate(100), Weights.OfCandidate(500), Weights.OfCandidate(1000));
        var exposure =
            new Exposure(ten, [new CohortWeights("staff", Weights.AllCandidate), new CohortWeights("beta", one)]) { Shadow = ten };

        Assert.Equal(
            new Exposure(five, [new CohortWeights("staff", five), new CohortWeights("beta", one)]) { Shadow = ten }, exposure.AtMost(five));
        Assert.Same(exposure, exposure.AtMost(Weights.AllCandidate));
    }

    [Fact]
    public void A_shadow_is_part_of_what_is_said_and_exposes_nobody()
    {
        var shadow = Exposure.OfShadow(Weights.OfCandidate(1000));
        Assert.NotEqual(Exposure.None, shadow);
        Assert.Equal(shadow, Exposure.None with { Shadow = Weights.OfCandidate(1000) });
        Assert.NotEqual(shadow, Exposure.OfShadow(Weights.OfCandidate(2000)));
        Assert.Equal(Weights.AllStable, shadow.Highest);
        Assert.Equal("0 %, shadow 10 %", shadow.ToString());
        Assert.True(shadow.ReachesCandidate && Exposure.All.ReachesCandidate);
        Assert.False(Exposure.None.ReachesCandidate);
    }

    [Fact]
    public void None_exposes_nobody_and_all_everybody()
    {
        Assert.Equal(0, Exposure.None.Highest.Candidate);
        Assert.Equal(Weights.Total, Exposure.All.Highest.Candidate);
    }

    [Theory]
    [InlineData(2500, 500, true)]
    [InlineData(500, 2500, false)]
    [InlineData(500, 500, true)]
    public void Covers_another_that_exposes_nobody_more(int here, int there, bool covers) =>
        Assert.Equal(covers, Exposure.Of(Weights.OfCandidate(here)).Covers(Exposure.Of(Weights.OfCandidate(there))));

    [Fact]
    public void A_cohort_without_weights_of_its_own_has_the_general_ones()
    {
        var staff = Exposure.Of(Weights.OfCandidate(500)) with { Cohorts = [new("staff", Weights.AllCandidate)] };
        Assert.False(Exposure.Of(Weights.OfCandidate(5000)).Covers(staff));
        Assert.True(Exposure.All.Covers(staff));
        Assert.True(staff.Covers(Exposure.Of(Weights.OfCandidate(500))));
        Assert.False((staff with { Cohorts = [new("staff", Weights.AllStable)] }).Covers(Exposure.Of(Weights.OfCandidate(500))));
    }
}
