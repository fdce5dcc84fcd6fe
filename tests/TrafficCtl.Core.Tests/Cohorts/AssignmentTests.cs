using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Cohorts;

/// <summary>Vectors: reference/mesh.md 1.9.</summary>
public class AssignmentTests
{
    [Theory]
    [InlineData("hello", 0x248bfa47, 1427)]
    [InlineData("test", 0xba6bd213, 7282)]
    [InlineData("headerColorfoo@bar.com", 0xfcc16014, 9873)]
    [InlineData("", 0, 0)]
    [InlineData("checkout:user-1", 0xd08dc68d, 8146)]
    [InlineData("checkout:user-2", 0xfe645cc2, 9937)]
    [InlineData("checkout:ÜserA", 0x4c3a95dd, 2977)]
    public void Murmur3_and_the_bucket_agree_with_the_reference(string text, uint hash, int bucket)
    {
        Assert.Equal(hash, Murmur3.Hash(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(bucket, Assignment.Scale(hash));
    }

    [Theory]
    [InlineData("user-1", 8146)]
    [InlineData("user-2", 9937)]
    [InlineData("ÜserA", 2977)]
    public void The_salt_and_the_key_are_hashed_as_one_text(string key, int bucket) =>
        Assert.Equal(bucket, new Assignment("checkout").Bucket(key));

    [Fact]
    public void Feeding_murmur3_in_pieces_gives_the_hash_of_the_whole() =>
        Prop.ForAll<byte[], int>((data, at) =>
        {
            var cut = data.Length == 0 ? 0 : Math.Abs(at % (data.Length + 1));
            var pieces = new Murmur3(0);
            pieces.Append(data.AsSpan(0, cut));
            pieces.Append(data.AsSpan(cut));
            return pieces.Finish() == Murmur3.Hash(data);
        }).Holds();

    [Fact]
    public void Long_keys_of_any_text_are_hashed_by_their_utf8_bytes() =>
        Prop.ForAll<NonNull<string>, PositiveInt>((piece, times) =>
        {
            var text = string.Concat(Enumerable.Repeat(piece.Get + "é𝄞", times.Get));
            var pieces = new Murmur3(0);
            pieces.AppendUtf8(text);
            return pieces.Finish() == Murmur3.Hash(Encoding.UTF8.GetBytes(text));
        }).Holds();

    [Fact]
    public void Buckets_are_uniform()
    {
        var assignment = new Assignment("checkout-prod-1");
        var deciles = new int[10];
        for (var i = 0; i < 100_000; i++) deciles[assignment.Bucket($"user-{i}") / 1000]++;
        Assert.All(deciles, n => Assert.InRange(n, 9_700, 10_300));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(500)]
    [InlineData(5000)]
    [InlineData(9500)]
    public void The_share_of_candidate_users_is_the_asked_one_within_half_a_point(int weight)
    {
        var (assignment, weights, chosen) = (new Assignment("checkout-prod-2"), Weights.OfCandidate(weight), 0);
        for (var i = 0; i < 100_000; i++)
            if (Assignment.Choose(assignment.Bucket($"user-{i}"), weights) == Arm.Candidate) chosen++;
        Assert.InRange(chosen / 100_000.0, weights.Fraction - 0.005, weights.Fraction + 0.005);
    }

    [Fact]
    public void Two_rollouts_do_not_try_the_same_users_first()
    {
        var (one, other) = (new Assignment("checkout-prod-1"), new Assignment("checkout-prod-2"));
        var (early, both) = (0, 0);
        for (var i = 0; i < 100_000; i++)
        {
            if (one.Bucket($"user-{i}") >= 500) continue;
            early++;
            if (other.Bucket($"user-{i}") < 500) both++;
        }

        Assert.InRange(both / (double)early, 0.03, 0.07);
    }

    [Fact]
    public void Who_is_in_stays_in_as_the_weight_rises_and_nobody_is_in_at_zero()
    {
        var shares = Gen.Choose(0, Weights.Total).Two().ToArbitrary();
        Prop.ForAll(shares, ArbMap.Default.ArbFor<NonNull<string>>(), (pair, key) =>
        {
            var (low, high) = (
                Weights.OfCandidate(Math.Min(pair.Item1, pair.Item2)), Weights.OfCandidate(Math.Max(pair.Item1, pair.Item2)));
            var bucket = new Assignment("s-e-1").Bucket(key.Get);
            return bucket is >= 0 and < Weights.Total
                && bucket == new Assignment("s-e-1").Bucket(key.Get)
                && (Assignment.Choose(bucket, low) != Arm.Candidate || Assignment.Choose(bucket, high) == Arm.Candidate)
                && Assignment.Choose(bucket, Weights.AllStable) == Arm.Stable
                && Assignment.Choose(bucket, Weights.AllCandidate) == Arm.Candidate;
        }).Holds();
    }

    [Fact]
    public void Assigning_allocates_nothing()
    {
        var assignment = new Assignment("checkout-prod-1");
        var key = new string('ü', 500);
        var sum = assignment.Bucket(key);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 100; i++) sum += assignment.Bucket(key);
        }));
        Assert.True(sum >= 0);
    }
}
