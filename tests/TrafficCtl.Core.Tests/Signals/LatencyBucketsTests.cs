using FsCheck.Fluent;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Signals;

public class LatencyBucketsTests
{
    [Fact]
    public void A_buckets_middle_is_within_one_percent_of_every_value_in_it() =>
        Prop.ForAll(Gen.Choose(0, 600_000).Select(i => 0.0001 * Math.Exp(i * Math.Log(1_000_000) / 600_000)).ToArbitrary(), seconds =>
        {
            var bucket = LatencyBuckets.IndexOf(seconds);
            var middle = bucket == 0 ? seconds : LatencyBuckets.UpperSeconds(bucket) / Math.Sqrt(LatencyBuckets.Ratio);
            return bucket < LatencyBuckets.Overflow && Math.Abs(middle - seconds) / seconds <= 0.01;
        }).Holds();

    [Fact]
    public void Every_upper_edge_belongs_to_its_own_bucket_and_the_next_value_to_the_next()
    {
        for (var i = 0; i < LatencyBuckets.FiniteCount; i++)
        {
            Assert.Equal(i, LatencyBuckets.IndexOf(LatencyBuckets.UpperSeconds(i)));
            Assert.Equal(i + 1, LatencyBuckets.IndexOf(LatencyBuckets.UpperSeconds(i) * 1.000001));
        }
    }

    [Fact]
    public void Five_percent_is_three_buckets_and_ten_percent_nearly_six()
    {
        Assert.Equal(1.05, LatencyBuckets.UpperSeconds(103) / LatencyBuckets.UpperSeconds(100), 12);
        Assert.Equal(1.1025, LatencyBuckets.UpperSeconds(106) / LatencyBuckets.UpperSeconds(100), 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(0.0001)]
    public void What_is_small_or_no_number_falls_in_the_first_bucket(double seconds) => Assert.Equal(0, LatencyBuckets.IndexOf(seconds));

    [Theory]
    [InlineData(500)]
    [InlineData(1e300)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_beyond_falls_in_the_overflow(double seconds) =>
        Assert.Equal(LatencyBuckets.Overflow, LatencyBuckets.IndexOf(seconds));
}
