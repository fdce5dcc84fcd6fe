using System.IO.Compression;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

public sealed class SqlitePublicationsTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private static readonly Publication First = new("shop", "v1", Digest('a'), "ann", IsAuthorVerified: true, Noon, "127.0.0.1")
    {
        Artifact = "/releases/v1/shop",
        Commit = "0123abc",
        Change = "https://git.example/shop/pull/7",
        Compatibility = Compatibility.ForwardOnly,
        IdempotencyKey = "build-17",
    };

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task What_was_published_is_read_back_also_after_a_restart()
    {
        var second = new Publication("shop", "v2", Digest('b'), "", IsAuthorVerified: false, Noon, "folder");
        using (var store = TestStore.Open(directory.Database))
        {
            Assert.Equal(
                new PublicationOutcome(PublicationAnswer.Recorded, First with { Seq = 1 }), await store.PublishAsync(First, default));
            await store.PublishAsync(second, default);
        }

        using var again = TestStore.Open(directory.Database);
        Assert.Equal([First with { Seq = 1 }, second with { Seq = 2 }], (await again.PublicationsAsync("shop", default)).AsEnumerable());
        Assert.Empty(await again.PublicationsAsync("cart", default));
    }

    [Fact]
    public async Task The_same_content_once_more_changes_nothing()
    {
        using var store = TestStore.Open(directory.Database);
        await store.PublishAsync(First, default);
        var others = new[] { First, First with { IdempotencyKey = null }, First with { IdempotencyKey = "build-18", Author = "bob" } };
        foreach (var again in others)
        {
            Assert.Equal(
                new PublicationOutcome(PublicationAnswer.Known, First with { Seq = 1 }),
                await store.PublishAsync(again with { At = Noon.AddHours(1) }, default));
        }

        Assert.Single(await store.PublicationsAsync("shop", default));
    }

    [Fact]
    public async Task Another_content_under_the_same_version_or_key_is_refused()
    {
        using var store = TestStore.Open(directory.Database);
        await store.PublishAsync(First, default);
        var held = First with { Seq = 1 };
        Assert.Equal(
            new PublicationOutcome(PublicationAnswer.OtherDigest, held),
            await store.PublishAsync(First with { Digest = Digest('b'), IdempotencyKey = "build-18" }, default));
        Assert.Equal(
            new PublicationOutcome(PublicationAnswer.KeyWasUsed, held),
            await store.PublishAsync(First with { Version = "v2", Digest = Digest('b') }, default));
        Assert.Equal([held], (await store.PublicationsAsync("shop", default)).AsEnumerable());
        Assert.Equal(PublicationAnswer.Recorded, (await store.PublishAsync(First with { Service = "cart" }, default)).Answer);
    }

    [Fact]
    public async Task Of_two_at_once_one_is_recorded()
    {
        using var store = TestStore.Open(directory.Database);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            n => store.PublishAsync(First with { Digest = Digest((char)('a' + n % 2)), IdempotencyKey = null }, default).AsTask()));
        Assert.Single(answers, static a => a.Answer == PublicationAnswer.Recorded);
        Assert.Equal(3, answers.Count(static a => a.Answer == PublicationAnswer.Known));
        Assert.Equal(4, answers.Count(static a => a.Answer == PublicationAnswer.OtherDigest));
    }

    [Fact]
    public async Task A_file_of_schema_4_is_taken_over_with_all_that_it_holds()
    {
        Unpack("store-v4.db.gz");
        using (var store = TestStore.Open(directory.Database))
        {
            Assert.Equal("shop-prod-2", (await store.LoadAsync(Shop, default))!.Active!.Id);
            var wishes = await store.PendingWishesAsync(Shop, default);
            Assert.Equal(("key-1", 7L), (wishes[^1].IdempotencyKey, wishes[^1].ExpectedGeneration));
            Assert.Equal(4, (await store.FactsAsync(new FactQuery(Shop), default)).Length);
            Assert.Empty(await store.PublicationsAsync("shop", default));
            await store.PublishAsync(First, default);
        }

        using var session = new SqliteSession(directory.Database, TestStore.Settings);
        Assert.Equal(SqliteSchema.Newest, SqliteSchema.Version(session));
        foreach (var forbidden in new[] { "DELETE FROM publications", "UPDATE publications SET digest = ''" })
            Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => session.Run(forbidden));
    }

    private static string Digest(char digit) => "sha256:" + new string(digit, 64);

    private void Unpack(string fixture, [System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        using var from = new GZipStream(
            File.OpenRead(Path.Combine(Path.GetDirectoryName(here)!, "Fixtures", fixture)), CompressionMode.Decompress);
        using var to = File.Create(directory.Database);
        from.CopyTo(to);
    }
}
