using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Routing;

public class WeightsTests
{
    internal static readonly Arbitrary<Weights> Any = Gen.Choose(0, Weights.Total).Select(Weights.OfCandidate).ToArbitrary();

    [Fact]
    public void Weights_sum_to_the_total() =>
        Prop.ForAll(Any, w => w.Candidate + w.Stable == Weights.Total && w.Candidate >= 0 && w.Stable >= 0).Holds();

    [Theory]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void What_is_outside_is_refused(int basisPoints) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Weights.OfCandidate(basisPoints));

    [Fact]
    public void Order_follows_the_candidates_share() =>
        Prop.ForAll(Any, Any, (a, b) =>
            (a < b) == (a.Candidate < b.Candidate) && (a >= b) == !(a < b) && (a > b) == (b < a) && (a <= b) == !(a > b)
            && (a == b) == (a.CompareTo(b) == 0)).Holds();

    [Fact]
    public void Only_inner_shares_are_split()
    {
        Assert.False(Weights.AllStable.IsSplit);
        Assert.False(Weights.AllCandidate.IsSplit);
        Assert.True(Weights.OfCandidate(1).IsSplit);
        Assert.True(Weights.OfCandidate(9999).IsSplit);
        Assert.Equal(Weights.AllStable, default);
    }

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(500, "5 %")]
    [InlineData(25, "0.25 %")]
    [InlineData(10_000, "100 %")]
    public void A_share_reads_as_percent(int basisPoints, string text) => Assert.Equal(text, Weights.OfCandidate(basisPoints).ToString());
}
