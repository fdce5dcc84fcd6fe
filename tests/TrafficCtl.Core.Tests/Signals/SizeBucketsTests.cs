using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Signals;

public class SizeBucketsTests
{
    [Fact]
    public void Every_size_lies_between_the_edges_of_its_bucket()
    {
        foreach (var bytes in Sizes())
        {
            var bucket = SizeBuckets.IndexOf(bytes);
            Assert.True(bytes <= SizeBuckets.UpperBytes(bucket) * (1 + 1e-12), $"{bytes} above bucket {bucket}");
            Assert.True(bucket == 0 || bytes > SizeBuckets.UpperBytes(bucket - 1) * (1 - 1e-12), $"{bytes} below bucket {bucket}");
        }
    }

    [Fact]
    public void An_empty_body_has_a_bucket_of_its_own_and_the_double_lies_two_buckets_on()
    {
        Assert.Equal((0, 1, 3, 5), (SizeBuckets.IndexOf(0), SizeBuckets.IndexOf(1), SizeBuckets.IndexOf(2), SizeBuckets.IndexOf(4)));
        Assert.Equal((0, SizeBuckets.Overflow), (SizeBuckets.IndexOf(-5), SizeBuckets.IndexOf(long.MaxValue)));
        foreach (var bytes in Sizes())
            if (bytes is > 0 and < 1 << 29)
                Assert.Equal(SizeBuckets.IndexOf(bytes) + SizeBuckets.PerDouble, SizeBuckets.IndexOf(2 * bytes));
    }

    private static IEnumerable<long> Sizes()
    {
        for (var bytes = 0L; bytes < 3000; bytes++) yield return bytes;
        for (var bytes = 3001L; bytes < 5_000_000_000; bytes = (bytes * 11 / 10) + 1) yield return bytes;
    }
}
