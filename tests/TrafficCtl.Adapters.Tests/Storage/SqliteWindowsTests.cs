using System.IO.Compression;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>Recorded windows in the file: packed, pruned, migrated, damaged, and read from outside.</summary>
public sealed class SqliteWindowsTests : IDisposable
{
    private const string Rollout = "shop-prod-1";

    private static readonly WindowRetention Everything = new(DateTimeOffset.MinValue, long.MaxValue);

    private readonly TemporaryDirectory directory = new();

    private string Database => directory.Database;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Pieces_are_packed_by_the_dozen_and_when_the_rollout_ends()
    {
        using var store = await StartedAsync();
        for (var i = 0; i < SqliteWindows.Loose - 1; i++) await store.CheckpointAsync([Checkpoint(i)], default);
        Assert.Equal((SqliteWindows.Loose - 1, 0), Rows());
        var loose = (await store.RecordingsAsync(new RecordingQuery(), default))[0].Bytes;
        await store.CheckpointAsync([Checkpoint(SqliteWindows.Loose - 1)], default);
        Assert.Equal((0, 1), Rows());
        var recording = (await store.RecordingsAsync(new RecordingQuery(), default))[0];
        Assert.InRange(recording.Bytes, 1, loose / 2);
        Assert.Equal(SqliteWindows.Loose, recording.Ticks);

        await store.CheckpointAsync([Checkpoint(SqliteWindows.Loose)], default);
        Assert.Equal((1, 1), Rows());
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1)], default);
        Assert.Equal((0, 2), Rows());
        Assert.Equal(SqliteWindows.Loose + 1, (await store.WindowsAsync(Rollout, 0, default)).Length);
    }

    [Fact]
    public async Task What_ended_before_the_time_is_forgotten_by_batches_and_what_goes_on_stays()
    {
        using var store = TestStore.Open(Database);
        foreach (var n in Enumerable.Range(0, 4)) await RecordAsync(store, n, pieces: 9 * SqliteWindows.Loose, ends: n != 0);
        var before = (await store.RecordingsAsync(new RecordingQuery(Service: "service3"), default))[0].To;
        var stock = await store.PruneAsync(Everything with { Before = before }, default);
        Assert.Equal(["service3", "service0"], await ListAsync(store));
        while (stock.HasMore) stock = await store.PruneAsync(Everything with { Before = before }, default);
        Assert.Equal(18, Rows().Packed);
        Assert.Equal(0, Number("SELECT count(*) FROM recordings WHERE doomed = 1"));
        Assert.Equal(4, Number("SELECT count(*) FROM rollouts"));
        Assert.Equal(
            8, Number("SELECT count(*) FROM facts WHERE kind = 'decided'") + Number("SELECT count(*) FROM rollouts WHERE final = 0"));
    }

    [Fact]
    public async Task A_batch_deletes_no_more_than_it_says()
    {
        using var store = await StartedAsync();
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1) with { Windows = Piece(0) }], default);
        Run($"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {2 * SqliteWindows.Batch}) INSERT INTO windows "
            + $"SELECT '{Rollout}', i, 1, x'00' FROM n");
        var retention = Everything with { Before = DateTimeOffset.MaxValue };
        Assert.True((await store.PruneAsync(retention, default)).HasMore);
        Assert.Empty(await ListAsync(store));
        Assert.Equal(SqliteWindows.Batch + 1, Rows().Packed);
        Assert.True((await store.PruneAsync(retention, default)).HasMore);
        Assert.False((await store.PruneAsync(retention, default)).HasMore);
        Assert.Equal((0, 0, 0L), (Rows().Loose, Rows().Packed, Number("SELECT count(*) FROM recordings")));
    }

    [Fact]
    public async Task Above_the_bound_on_their_size_the_oldest_ended_recordings_go()
    {
        using var store = TestStore.Open(Database);
        foreach (var n in Enumerable.Range(0, 4)) await RecordAsync(store, n, pieces: 3, ends: n != 0);
        var one = (await store.RecordingsAsync(new RecordingQuery(Service: "service3"), default))[0].Bytes;
        var all = (await store.PruneAsync(Everything, default)).Bytes;
        Assert.Equal(4, (await ListAsync(store)).Length);
        Assert.InRange((await store.PruneAsync(Everything with { MostBytes = all - one - 1 }, default)).Bytes, 1, all - one - 1);
        Assert.Equal(["service3", "service0"], await ListAsync(store));
        Assert.True((await store.PruneAsync(Everything with { MostBytes = 1 }, default)).Bytes > 1, "an active one is not forgotten");
        Assert.Equal(["service0"], await ListAsync(store));
    }

    [Fact]
    public async Task A_file_of_schema_1_is_read_as_it_is_and_migrated_with_all_that_it_holds()
    {
        Unpack("store-v1.db.gz");
        await StorageServices.ReadHistoryAsync(Database, async history =>
        {
            Assert.Empty(await history.RecordingsAsync(new RecordingQuery(), default));
            Assert.Empty(await history.WindowsAsync(Rollout, 0, default));
            return (await history.FactsAsync(new FactQuery(Shop), default)).Length;
        });
        Assert.Equal(1, Number("PRAGMA user_version"));

        using var store = TestStore.Open(Database);
        Assert.Equal(new OpenResult(false, null), store.Opened);
        Assert.Equal(SqliteSchema.Newest, Number("PRAGMA user_version"));
        // The state is from a time that knew no elapsed time.
        var former = State(2, 3, new Phase.Observing(0, At, At)) with { Phase = new Phase.Observing(0, At, At), ChangedAfter = null };
        Same(Active(former, 2, [6, 7, 8]).Record, await store.LoadAsync(Shop, default));
        Assert.Equal([Wish() with { Id = 1 }], (await store.PendingWishesAsync(Shop, default)).AsEnumerable());
        Assert.Equal(["advance", "good", "advance", "birth"], (await store.FactsAsync(new FactQuery(Shop), default)).Select(f => f.What));
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-2", new byte[] { 1 }) { Windows = Piece(0) }], default);
        Assert.Equal(1, (await store.LoadAsync(Shop, default))!.Recorded);
    }

    [Fact]
    public async Task A_history_is_read_beside_the_daemon_that_writes_it()
    {
        using var store = await StartedAsync();
        await StorageServices.ReadHistoryAsync(Database, async history =>
        {
            for (var i = 0; i < 100; i++)
            {
                await store.CheckpointAsync([Checkpoint(i)], default);
                Assert.Equal(i + 1, (await history.WindowsAsync(Rollout, 0, default)).Length);
            }

            return 0;
        });
    }

    [Fact]
    public async Task A_history_is_only_read()
    {
        (await StartedAsync()).Dispose();
        var before = await File.ReadAllBytesAsync(Database);
        await StorageServices.ReadHistoryAsync(Database, async history => await history.RecordingsAsync(new RecordingQuery(), default));
        Assert.Equal(before, await File.ReadAllBytesAsync(Database));
    }

    [Theory]
    [InlineData("nothing", "There is no store")]
    [InlineData("empty", "is empty")]
    [InlineData("text", "is damaged")]
    [InlineData("newer", "newer trafficctl")]
    [InlineData("foreign", "another program")]
    public async Task A_history_that_cannot_be_read_says_why(string what, string says)
    {
        switch (what)
        {
            case "empty": await File.WriteAllBytesAsync(Database, []); break;
            case "text": await File.WriteAllTextAsync(Database, new string('x', 5000)); break;
            case "newer": Run("PRAGMA user_version = 1000; CREATE TABLE a (b);"); break;
            case "foreign": Run("CREATE TABLE a (b);"); break;
        }

        var refused =
            await Assert.ThrowsAsync<StoreUnavailableException>(() => StorageServices.ReadHistoryAsync(Database, _ => Task.FromResult(0)));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Equal(what != "nothing", File.Exists(Database));
    }

    [Fact]
    public async Task A_damaged_block_is_given_as_it_is_found_and_the_others_are_whole()
    {
        using var store = await StartedAsync();
        for (var i = 0; i < 3 * SqliteWindows.Loose; i++) await store.CheckpointAsync([Checkpoint(i)], default);
        Run($"UPDATE windows SET data = x'00112233' WHERE first = {SqliteWindows.Loose}");
        var pieces = await store.WindowsAsync(Rollout, 0, default);
        Assert.Equal((2 * SqliteWindows.Loose) + 1, pieces.Length);
        Assert.Equal([0, 0x11, 0x22, 0x33], pieces[SqliteWindows.Loose].ToArray());
    }

    [Fact]
    public async Task A_decision_is_saved_without_its_windows_when_there_is_no_room_for_them()
    {
        using (await StartedAsync())
        {
        }

        var pages = (int)Number("PRAGMA page_count");
        using var store = TestStore.Open(Database, TestStore.Settings with { MaxPages = pages + 4 });
        var huge = Piece(0) with { Data = new byte[200_000] };
        await store.CommitAsync([Start(1, 2) with { Windows = huge }], default);
        Assert.Equal((2, 0), ((await store.LoadAsync(Shop, default))!.Generation, (await store.WindowsAsync(Rollout, 0, default)).Length));
        await Assert.ThrowsAsync<StaleGenerationException>(
            () => store.CommitAsync([Start(1, 3) with { Windows = huge }], default).AsTask());
    }

    private static RecordedWindows Piece(int number, int count = 1) =>
        new(number, count, At.AddSeconds(5 * number), At.AddSeconds(5 * (number + count - 1)), Enumerable.Range(0, 100)
            .Select(i => (byte)(i + (number % 3)))
            .ToArray());

    private static Checkpoint Checkpoint(int number) => new(Shop, Rollout, new byte[] { 8 }) { Windows = Piece(number) };

    private static async Task<string[]> ListAsync(IStore store) =>
        [.. (await store.RecordingsAsync(new RecordingQuery(), default)).Select(r => r.State.Service)];

    private static async Task RecordAsync(SqliteStore store, int n, int pieces, bool ends)
    {
        var key = new TargetKey($"service{n}", "prod");
        await store.CommitAsync([Birth(key), Start(0, 1, key)], default);
        var id = RolloutState.IdOf(key, 1);
        for (var i = 0; i < pieces; i++)
        {
            var piece = Piece(i);
            await store.CheckpointAsync(
                [new Checkpoint(key, id, new byte[] { 8 }) { Windows = piece with { To = piece.To.AddHours(n == 0 ? -1 : n) } }], default);
        }

        if (!ends) return;
        var end = End(State(1, 2, new Phase.Good(), key), 1);
        await store.CommitAsync([end with { Record = end.Record with { Key = key }, Facts = [Fact("decided", "good", key, id)] }], default);
    }

    private async Task<SqliteStore> StartedAsync()
    {
        var store = TestStore.Open(Database);
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1)], default);
        return store;
    }

    private (int Loose, int Packed) Rows() =>
        ((int)Number("SELECT count(*) FROM windows WHERE packed = 0"), (int)Number("SELECT count(*) FROM windows WHERE packed = 1"));

    private long Number(string sql)
    {
        using var session = new SqliteSession(Database, TestStore.Settings);
        return session.Number(sql);
    }

    private void Run(string sql)
    {
        using var session = new SqliteSession(Database, TestStore.Settings);
        session.Run(sql);
    }

    private void Unpack(string fixture)
    {
        using var from = new GZipStream(File.OpenRead(Path.Combine(FixturesDirectory(), fixture)), CompressionMode.Decompress);
        using var to = File.Create(Database);
        from.CopyTo(to);
    }

    private static string FixturesDirectory([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Fixtures");
}
