using System.IO.Compression;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>The contract on a real file; every opening is a restart.</summary>
public sealed class SqlitePromotionFactsTests : PromotionFactsContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private SqliteStore? store;

    public void Dispose()
    {
        store?.Dispose();
        directory.Dispose();
    }

    private protected override IPromotionFacts Open() => OpenStore();

    [Theory]
    [InlineData("name = 'Levitated'", "fact 1 (Levitated) of shop", "no fact is named Levitated")]
    [InlineData("data = '{'", "fact 1 (Published) of shop", "")]
    [InlineData("data = '{}'", "fact 1 (Published) of shop", "bundle")]
    [InlineData("data = 'null'", "fact 1 (Published) of shop", "null is not a Published")]
    [InlineData("data = replace(data, 'sha256:a', 'sha256:b')", "fact 1 (Published) of shop", "was published")]
    [InlineData("at = 'yesterday'", "fact 1 (Published) of shop", "yesterday")]
    [InlineData("sequence = 3", "fact 1 of shop", "it is missing")]
    public async Task What_cannot_be_read_says_which_fact_and_what_to_do_and_leaves_other_services(string damage, string which, string why)
    {
        var bundle = Pairing.Pair("v1", new BundlePart("shop:v1", "sha256:a")).Bundle!;
        var facts = OpenStore();
        await facts.AppendAsync("shop", [new PromotionFact.Published(new(1, At, "ann", "build 7"), bundle)], default);
        await facts.AppendAsync("cart", [new PromotionFact.Unpinned(new(1, At, "ann", ""), "prod")], default);
        using (var session = new SqliteSession(directory.Database, TestStore.Settings))
            session.Run($"DROP TRIGGER promotion_facts_stay; UPDATE promotion_facts SET {damage} WHERE service = 'shop';");

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await facts.PromotionFactsAsync("shop", 0, 10, default));
        Assert.Contains(which, fault.Message, StringComparison.Ordinal);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.Contains("restore the file from a backup", fault.Message, StringComparison.Ordinal);
        Assert.Equal("shop", fault.Only!.Value.Name);
        Assert.Single(await facts.PromotionFactsAsync("cart", 0, 10, default));
    }

    [Fact]
    public async Task The_store_of_a_daemon_keeps_them_too()
    {
        await using var services = new ServiceCollection().AddSqliteStore(directory.Database).BuildServiceProvider();
        var facts = services.GetRequiredService<IPromotionFacts>();
        PromotionFact unpinned = new PromotionFact.Unpinned(new(1, At, "ann", "the incident is over"), "prod");
        await facts.AppendAsync("shop", [unpinned], default);
        Assert.Equal([unpinned], (await facts.PromotionFactsAsync("shop", 0, 10, default)).AsEnumerable());
        await Assert.ThrowsAsync<StalePromotionException>(async () => await facts.AppendAsync("shop", [unpinned], default));
    }

    [Fact]
    public async Task A_file_of_schema_7_is_taken_over_with_all_that_it_holds()
    {
        Unpack("store-v7.db.gz");
        var taken = OpenStore();
        Assert.Equal("shop-prod-2", (await taken.LoadAsync(Shop, default))!.Active!.Id);
        var published = Assert.Single(await taken.PublicationsAsync("shop", default));
        Assert.Equal(("v1", "ann", Compatibility.Expand), (published.Version, published.Author, published.Compatibility));
        Assert.Empty(await taken.PromotionFactsAsync("shop", 0, 10, default));
        await taken.AppendAsync("shop", [new PromotionFact.Unpinned(new(1, At, "ann", ""), "prod")], default);

        using var session = new SqliteSession(directory.Database, TestStore.Settings);
        Assert.Equal(SqliteSchema.Newest, SqliteSchema.Version(session));
        foreach (var forbidden in new[] { "DELETE FROM promotion_facts", "UPDATE promotion_facts SET who = 'bob'" })
            Assert.Equal(19, Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => session.Run(forbidden)).SqliteErrorCode);
    }

    private SqliteStore OpenStore()
    {
        store?.Dispose();
        return store = TestStore.Open(directory.Database);
    }

    private void Unpack(string fixture, [System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        using var from = new GZipStream(
            File.OpenRead(Path.Combine(Path.GetDirectoryName(here)!, "Fixtures", fixture)), CompressionMode.Decompress);
        using var to = File.Create(directory.Database);
        from.CopyTo(to);
    }
}
