using System.Globalization;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class BucketPatternTests
{
    [Theory]
    [InlineData(5, "0[0-4]")]
    [InlineData(10, "0[0-9]")]
    [InlineData(25, "[0-1][0-9]|2[0-4]")]
    [InlineData(1, "00")]
    [InlineData(11, "0[0-9]|10")]
    [InlineData(100, "[0-9][0-9]")]
    public void Writes_the_pattern_of_a_percentage(int percent, string pattern) => Assert.Equal(pattern, BucketPattern.Below(percent));

    [Fact]
    public void Matches_exactly_the_buckets_below_for_every_percentage()
    {
        for (var percent = 1; percent <= 100; percent++)
        {
            var pattern = new Regex($"^(?:{BucketPattern.Below(percent)})$", RegexOptions.None, TimeSpan.FromSeconds(1));
            for (var bucket = 0; bucket < 100; bucket++)
                Assert.Equal(bucket < percent, pattern.IsMatch(bucket.ToString("00", CultureInfo.InvariantCulture)));
            Assert.Equal(percent, BucketPattern.PercentOf(BucketPattern.Below(percent)));
        }
    }

    /// <summary>
    /// Linkerd looks for the leftmost alternative and then demands the whole value: a shorter one would shadow a longer one.
    /// </summary>
    [Fact]
    public void Is_not_shadowed_where_a_matcher_takes_the_leftmost_alternative()
    {
        for (var percent = 1; percent <= 100; percent++)
        {
            var pattern = new Regex(BucketPattern.Below(percent), RegexOptions.None, TimeSpan.FromSeconds(1));
            for (var bucket = 0; bucket < 100; bucket++)
                Assert.Equal(bucket < percent, pattern.Match(bucket.ToString("00", CultureInfo.InvariantCulture)).Length == 2);
        }
    }

    [Fact]
    public void Ramps_without_moving_anybody_back()
    {
        for (var percent = 1; percent < 100; percent++)
        {
            var (lower, higher) = (
                new Regex($"^(?:{BucketPattern.Below(percent)})$"), new Regex($"^(?:{BucketPattern.Below(percent + 1)})$"));
            Assert.All(
                Enumerable.Range(0, 100).Select(b => b.ToString("00", CultureInfo.InvariantCulture)).Where(b => lower.IsMatch(b)),
                b => Assert.Matches(higher, b));
        }
    }

    [Theory]
    [InlineData("hello", 1427)]
    [InlineData("test", 7282)]
    [InlineData("headerColorfoo@bar.com", 9873)]
    [InlineData("", 0)]
    [InlineData("checkout:user-1", 8146)]
    [InlineData("checkout:user-2", 9937)]
    [InlineData("checkout:ÜserA", 2977)]
    public void Goes_with_the_buckets_that_the_edge_computes(string text, int bucket) =>
        Assert.Equal(bucket, Assignment.Scale(Murmur3.Hash(System.Text.Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Refuses_what_is_no_whole_percent() =>
        MeshTools.Fails(MeshFault.Unsupported, () => BucketPattern.Percent(Weights.OfCandidate(50)));
}
