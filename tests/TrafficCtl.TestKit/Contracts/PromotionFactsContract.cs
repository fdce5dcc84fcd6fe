using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Facts;
using Xunit;

namespace TrafficCtl.TestKit.Contracts;

/// <summary>What every store of promotion facts must do. A new one derives from this and says how it is opened.</summary>
public abstract class PromotionFactsContract
{
    /// <summary>On the same data as before: the first call finds nothing, later ones what was saved.</summary>
    private protected abstract IPromotionFacts Open();

    [Fact]
    public async Task Knows_nothing_of_a_service_without_facts()
    {
        var store = Open();
        Assert.Empty(await store.PromotionFactsAsync("shop", 0, 10, default));
        await store.AppendAsync("shop", [], default);
        Assert.Empty(await store.PromotionFactsAsync("shop", 0, 10, default));
    }

    [Fact]
    public async Task Facts_of_every_kind_are_read_back_as_they_were_also_after_a_restart()
    {
        var random = new Random(20_261_201);
        ImmutableArray<PromotionFact> facts =
            [.. AnyPromotionFact.Types.Concat(AnyPromotionFact.Types).Select((t, i) => Numbered(AnyPromotionFact.Of(t, random), i + 1))];
        await Open().AppendAsync("shop", facts[..10], default);
        await Open().AppendAsync("shop", facts[10..], default);
        Assert.Equal(facts.AsEnumerable(), (await Open().PromotionFactsAsync("shop", 0, 1000, default)).AsEnumerable());
    }

    [Fact]
    public async Task Facts_are_read_in_pieces_oldest_first()
    {
        var store = Open();
        await store.AppendAsync("shop", Facts(1, 7), default);
        Assert.Equal([1, 2, 3], Sequences(await store.PromotionFactsAsync("shop", 0, 3, default)));
        Assert.Equal([4, 5, 6], Sequences(await store.PromotionFactsAsync("shop", 3, 3, default)));
        Assert.Equal([7], Sequences(await store.PromotionFactsAsync("shop", 6, 3, default)));
        Assert.Empty(await store.PromotionFactsAsync("shop", 7, 3, default));
        Assert.Empty(await store.PromotionFactsAsync("shop", 70, 3, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.PromotionFactsAsync("shop", 0, 0, default));
    }

    [Fact]
    public async Task Services_have_numbers_of_their_own()
    {
        var store = Open();
        await store.AppendAsync("shop", Facts(1, 2), default);
        await store.AppendAsync("cart", Facts(1, 3), default);
        await store.AppendAsync("shop", Facts(3, 1), default);
        Assert.Equal([1, 2, 3], Sequences(await store.PromotionFactsAsync("shop", 0, 10, default)));
        Assert.Equal([1, 2, 3], Sequences(await store.PromotionFactsAsync("cart", 0, 10, default)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(0)]
    public async Task A_number_that_is_taken_or_leaves_a_gap_is_refused(long sequence)
    {
        var store = Open();
        await store.AppendAsync("shop", Facts(1, 2), default);
        var stale = await Assert.ThrowsAsync<StalePromotionException>(
            async () => await store.AppendAsync("shop", Facts(sequence, 2), default));
        Assert.Contains("shop: the store holds promotion fact 2", stale.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], Sequences(await Open().PromotionFactsAsync("shop", 0, 10, default)));
    }

    [Fact]
    public async Task Of_facts_with_a_gap_between_them_none_is_saved()
    {
        var store = Open();
        await Assert.ThrowsAsync<StalePromotionException>(
            async () => await store.AppendAsync("shop", [.. Facts(1, 2), .. Facts(4, 1)], default));
        Assert.Empty(await store.PromotionFactsAsync("shop", 0, 10, default));
        await store.AppendAsync("shop", Facts(1, 1), default);
        Assert.Equal([1], Sequences(await store.PromotionFactsAsync("shop", 0, 10, default)));
    }

    [Fact]
    public async Task Of_two_writers_at_once_one_is_first_and_the_other_is_told()
    {
        var store = Open();
        var isSaved = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            try
            {
                await store.AppendAsync("shop", [Fact(1, $"writer {i}"), Fact(2, $"writer {i}")], default);
                return true;
            }
            catch (StalePromotionException)
            {
                return false;
            }
        })));
        var kept = await store.PromotionFactsAsync("shop", 0, 10, default);
        Assert.Equal([1, 2], Sequences(kept));
        Assert.All(kept, fact => Assert.Equal($"writer {Array.IndexOf(isSaved, true)}", fact.Stamp.Who));
        Assert.Single(isSaved, static saved => saved);
    }

    private static ImmutableArray<PromotionFact> Facts(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Fact(first + i, "ann"))];

    private static PromotionFact Fact(long sequence, string who) =>
        new PromotionFact.Unpinned(new(sequence, Examples.At, who, "the incident is over"), "prod");

    private static PromotionFact Numbered(PromotionFact fact, long sequence) =>
        fact with { Stamp = fact.Stamp with { Sequence = sequence } };

    private static IEnumerable<long> Sequences(ImmutableArray<PromotionFact> facts) => facts.Select(static f => f.Stamp.Sequence);
}
