using System.IO.Compression;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>Targets of one service beside each other in one file, and files of the time when a service had one.</summary>
public sealed class SqliteTargetsTests : IDisposable
{
    private static readonly TargetKey Eu = Shop with { Target = "eu" };
    private static readonly TargetKey Test = Shop with { Environment = "test" };

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Targets_of_a_service_know_nothing_of_each_other()
    {
        using var store = TestStore.Open(directory.Database);
        foreach (var key in new[] { Shop, Eu, Test }) await store.CommitAsync([Birth(key), Start(0, 1, key)], default);
        var recorded = await store.RecordWishAsync(Wish() with { Key = Eu }, default);
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1)], default);

        Assert.Null((await store.LoadAsync(Shop, default))!.Active);
        Assert.Equal("shop-prod_eu-1", (await store.LoadAsync(Eu, default))!.Active!.Id);
        Assert.Equal("shop-test-1", (await store.LoadAsync(Test, default))!.Active!.Id);
        Assert.Equal(Eu, (await store.LoadAsync(Eu, default))!.Active!.Key);
        Assert.Empty(await store.PendingWishesAsync(Shop, default));
        Assert.Equal([recorded], (await store.PendingWishesAsync(Eu, default)).AsEnumerable());
        foreach (var key in new[] { Eu, Test })
            Assert.All(await store.FactsAsync(new FactQuery(key), default), fact => Assert.Equal(key, fact.Key));
        Assert.Contains(await store.FactsAsync(new FactQuery(Shop), default), fact => fact.What == "good");
        Assert.DoesNotContain(await store.FactsAsync(new FactQuery(Eu), default), fact => fact.What == "good");
    }

    [Fact]
    public async Task A_file_of_schema_2_is_read_as_it_is_and_migrated_with_a_rollout_under_way()
    {
        Unpack("store-v2.db.gz");
        Assert.Equal(4, await StorageServices.ReadHistoryAsync(
            directory.Database, async history => (await history.FactsAsync(new FactQuery(Shop), default)).Length));
        Assert.Equal(0, await StorageServices.ReadHistoryAsync(
            directory.Database, async history => (await history.FactsAsync(new FactQuery(Eu), default)).Length));

        using var store = TestStore.Open(directory.Database);
        var record = (await store.LoadAsync(Shop, default))!;
        Assert.Equal(("shop-prod-2", Shop), (record.Active!.Id, record.Active.Key));
        Assert.Equal(("v1", "v3", 2L), (record.LastGood, record.Queued, record.Recorded));
        Assert.Equal([6, 7, 8], (IEnumerable<byte>)record.Evidence.ToArray());
        Assert.Equal([1, 2], (IEnumerable<byte>)record.Learnt.ToArray());
        Assert.Equal([Wish() with { Id = 1 }], (await store.PendingWishesAsync(Shop, default)).AsEnumerable());
        Assert.Equal(["advance", "good", "advance", "birth"], (await store.FactsAsync(new FactQuery(Shop), default)).Select(f => f.What));
        Assert.Equal([10, 11], (IEnumerable<byte>)(await store.WindowsAsync("shop-prod-2", 0, default)).Single().ToArray());

        await store.CommitAsync([Birth(Eu), Start(0, 1, Eu)], default);
        await store.CheckpointAsync(
            [new Checkpoint(Shop, "shop-prod-2", new byte[] { 9 }), new Checkpoint(Eu, "shop-prod_eu-1", new byte[] { 4 })], default);
        Assert.Equal([9], (IEnumerable<byte>)(await store.LoadAsync(Shop, default))!.Evidence.ToArray());
        Assert.Equal([4], (IEnumerable<byte>)(await store.LoadAsync(Eu, default))!.Evidence.ToArray());
    }

    [Fact]
    public void What_ended_stays_ended_and_what_was_recorded_stays_after_a_migration()
    {
        Unpack("store-v2.db.gz");
        using (TestStore.Open(directory.Database)) { }
        using var session = new SqliteSession(directory.Database, TestStore.Settings);

        foreach (var forbidden in new[]
                 {
                     "DELETE FROM rollouts", "UPDATE rollouts SET phase = 'Paused' WHERE final = 1", "DELETE FROM facts",
                     "UPDATE facts SET text = ''",
                     "DELETE FROM wishes", "UPDATE wishes SET target = 'eu'",
                     "INSERT INTO rollouts VALUES ('x', 'shop', 'prod', 'default', 9, 'Waiting', 0, '{}')",
                     "INSERT INTO rollouts VALUES ('x', 'cart', 'prod', 'default', 9, 'Waiting', 0, '{}')",
                 })
        {
            Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => session.Run(forbidden));
        }
    }

    private void Unpack(string fixture, [System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        using var from = new GZipStream(
            File.OpenRead(Path.Combine(Path.GetDirectoryName(here)!, "Fixtures", fixture)), CompressionMode.Decompress);
        using var to = File.Create(directory.Database);
        from.CopyTo(to);
    }
}
