using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>What the file must survive, and what it must say.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string Database => directory.Database;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_process_killed_in_mid_transaction_leaves_the_last_whole_decision()
    {
        await SaveAsync(Birth(), Start(0, 1, evidence: [4]));
        using (var child = await ChildProcess.StartAsync(ChildRoles.DiesInTransaction, Database)) await child.KillAsync();
        Assert.True(new FileInfo(Database + "-wal").Length > 0);
        using var store = TestStore.Open(Database);
        Assert.Equal(new OpenResult(false, null), store.Opened);
        Same(Start(0, 1, evidence: [4]).Record, await store.LoadAsync(Shop, default));
        Assert.Empty(await store.PendingWishesAsync(Shop, default));
        Assert.Equal(2, (await store.FactsAsync(new FactQuery(Shop), default)).Length);
    }

    [Fact]
    public async Task A_copy_taken_while_it_is_open_holds_every_saved_decision_and_a_cut_log_the_earlier_ones()
    {
        using var store = TestStore.Open(Database);
        await store.CommitAsync([Birth()], default);
        var whole = new FileInfo(Database + "-wal").Length;
        await store.CommitAsync([Start(0, 1)], default);
        Copy("whole", long.MaxValue);
        Copy("cut", whole + 1000);
        using (var copy = TestStore.Open(directory.File("whole"))) Assert.Equal(1, (await copy.LoadAsync(Shop, default))!.Generation);
        using (var copy = TestStore.Open(directory.File("cut"))) Assert.Equal(0, (await copy.LoadAsync(Shop, default))!.Generation);
    }

    [Fact]
    public async Task Two_processes_on_one_file_are_fenced_by_the_generation()
    {
        await SaveAsync(Birth());
        using var store = TestStore.Open(Database);
        using var child = await ChildProcess.StartAsync(ChildRoles.SavesTwo, Database);
        var stale = await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Contains("generation 2", stale.Message, StringComparison.Ordinal);
        await store.CommitAsync([Start(2, 3)], default);
    }

    [Fact]
    public async Task A_lock_of_another_process_is_reported_and_passes()
    {
        await SaveAsync(Birth());
        using var store = TestStore.Open(Database);
        using (var child = await ChildProcess.StartAsync(ChildRoles.HoldsWriteLock, Database))
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
            Assert.Contains("locked by another process", fault.Message, StringComparison.Ordinal);
            Assert.Contains(Database, fault.Message, StringComparison.Ordinal);
            Assert.Equal(0, (await store.LoadAsync(Shop, default))!.Generation);
            await child.KillAsync();
        }

        await store.CommitAsync([Start(0, 1)], default);
    }

    [Fact]
    public async Task A_full_disk_saves_nothing_by_halves_and_the_next_small_decision_again()
    {
        await SaveAsync(Birth());
        var pages = (int)Math.Ceiling(new FileInfo(Database).Length / 4096.0) + 8;
        using (var store = TestStore.Open(Database, TestStore.Settings with { MaxPages = pages }))
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
                store.CommitAsync([Birth(new("cart", "prod")), Start(0, 1, evidence: new byte[200_000])], default).AsTask());
            Assert.Contains("the disk is full", fault.Message, StringComparison.Ordinal);
            Same(Birth().Record, await store.LoadAsync(Shop, default));
            Assert.Null(await store.LoadAsync(new("cart", "prod"), default));
            await store.CommitAsync([Start(0, 1)], default);
            await Assert.ThrowsAsync<StoreUnavailableException>(() =>
                store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[200_000])], default).AsTask());
            Same(Start(0, 1).Record, await store.LoadAsync(Shop, default));
        }

        await SaveAsync(Start(1, 2, evidence: new byte[200_000]));
    }

    [Fact]
    public async Task A_read_only_file_is_reported()
    {
        using var session = Written();
        session.Run("PRAGMA query_only = ON;");
        var fault = SqliteFaults.Explain(
            Assert.Throws<SqliteException>(() => session.InTransaction(() => SqliteCommits.Save(session, Birth()))), Database);
        Assert.Contains("is read-only", Assert.IsType<StoreUnavailableException>(fault).Message, StringComparison.Ordinal);
        session.Run("PRAGMA query_only = OFF;");
        session.InTransaction(() => SqliteCommits.Save(session, Birth()));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("header")]
    [InlineData("garbage")]
    [InlineData("torn page")]
    [InlineData("cut short")]
    public async Task A_damaged_file_is_moved_aside_byte_for_byte_and_an_empty_store_begins(string how)
    {
        await SaveAsync(Birth(), Start(0, 1, evidence: new byte[20_000]));
        Damage(how);
        await File.WriteAllBytesAsync(Database + "-wal", [1, 2, 3]);
        var before = await File.ReadAllBytesAsync(Database);
        using var store = TestStore.Open(Database);
        Assert.Equal(new OpenResult(true, Database + ".corrupt-20260506T070809Z"), store.Opened);
        Assert.Equal(before, await File.ReadAllBytesAsync(store.Opened.MovedAside!));
        Assert.True(File.Exists(store.Opened.MovedAside + "-wal"));
        Assert.Null(await store.LoadAsync(Shop, default));
        await store.CommitAsync([Birth()], default);
    }

    [Fact]
    public async Task A_second_damage_in_the_same_second_gets_a_name_of_its_own()
    {
        for (var i = 0; i < 3; i++)
        {
            await File.WriteAllTextAsync(Database, $"no database at all, take {i}: {new string('x', 5000)}");
            TestStore.Open(Database).Dispose();
        }

        Assert.Equal(3, Directory.GetFiles(directory.Path, "*.corrupt-*Z*").Count(f => !f.EndsWith("-wal", StringComparison.Ordinal)
            && !f.EndsWith("-shm", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_empty_file_is_a_new_store_and_a_log_that_lost_its_file_is_kept()
    {
        await File.WriteAllBytesAsync(Database, []);
        using (var store = TestStore.Open(Database)) Assert.Equal(new OpenResult(true, null), store.Opened);
        File.Delete(Database);
        await File.WriteAllBytesAsync(Database + "-wal", [1, 2, 3]);
        using (var store = TestStore.Open(Database))
        {
            Assert.NotNull(store.Opened.MovedAside);
            Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(store.Opened.MovedAside + "-wal"));
        }
    }

    [Fact]
    public void A_directory_in_its_place_is_refused()
    {
        Directory.CreateDirectory(Database);
        Assert.Contains(
            "is a directory", Assert.Throws<StoreUnavailableException>(() => TestStore.Open(Database)).Message, StringComparison.Ordinal);
        var missing = Assert.Throws<StoreUnavailableException>(() => TestStore.Open(directory.File("none/trafficctl.db")));
        Assert.Contains("cannot be opened", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_schema_and_a_foreign_database_are_refused_unchanged()
    {
        await SaveAsync(Birth());
        using (var session = new SqliteSession(Database, TestStore.Settings)) session.Run("PRAGMA user_version = 1000;");
        var newer = Assert.Throws<StoreUnavailableException>(() => TestStore.Open(Database));
        Assert.Contains($"schema 1000; this build knows up to {SqliteSchema.Newest}", newer.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory.Path, "*.corrupt-*"));

        var foreign = directory.File("other.db");
        using (var session = new SqliteSession(foreign, TestStore.Settings)) session.Run("CREATE TABLE t (x);");
        Assert.Contains(
            "another program", Assert.Throws<StoreUnavailableException>(() => TestStore.Open(foreign)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_wishes_and_rollouts_cannot_be_rewritten_by_hand()
    {
        using var session = Written();
        session.InTransaction(() =>
        {
            SqliteCommits.Save(session, Birth());
            SqliteCommits.Record(session, Wish());
            SqliteCommits.Save(session, Start(0, 1));
        });
        foreach (var forbidden in new[]
        {
            "UPDATE facts SET text = 'other'", "DELETE FROM facts", "UPDATE wishes SET who = 'bob'", "DELETE FROM wishes",
            "DELETE FROM rollouts",
        })
            Assert.Equal(19, Assert.Throws<SqliteException>(() => session.Run(forbidden)).SqliteErrorCode);
    }

    [Fact]
    public async Task Decisions_are_durable_and_a_checkpoint_does_not_change_that()
    {
        using var session = Written();
        Assert.Equal("wal", session.Query("PRAGMA journal_mode", static row => row.GetString(0)).Single());
        using var store = TestStore.Open(Database);
        await store.CommitAsync([Birth()], default);
        await store.CheckpointAsync([new Checkpoint(Shop, "none", new byte[1])], default);
        Assert.Equal(2, store.Synchronous);
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var store = TestStore.Open(Database);
        store.Dispose();
        store.Dispose();
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Shop, default).AsTask());
        Assert.Contains("is closed", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Database + "-wal"));
    }

    [Fact]
    public async Task The_registration_gives_one_store_and_how_it_was_found()
    {
        await using var services = new ServiceCollection().AddSqliteStore(Database).BuildServiceProvider();
        Assert.False(File.Exists(Database), "nothing is opened before it is asked for");
        Assert.Equal(new OpenResult(true, null), await services.GetRequiredService<IStoreOpening>().OpenAsync(default));
        Assert.Same(services.GetRequiredService<IStore>(), services.GetRequiredService<IStore>());
    }

    private async Task SaveAsync(params Commit[] commits)
    {
        using var store = TestStore.Open(Database);
        foreach (var commit in commits) await store.CommitAsync([commit], default);
    }

    private SqliteSession Written()
    {
        TestStore.Open(Database).Dispose();
        return new SqliteSession(Database, TestStore.Settings);
    }

    private void Copy(string name, long logLength)
    {
        File.Copy(Database, directory.File(name));
        File.Copy(Database + "-wal", directory.File(name) + "-wal");
        using var log = new FileStream(directory.File(name) + "-wal", FileMode.Open);
        log.SetLength(Math.Min(log.Length, logLength));
    }

    private void Damage(string how)
    {
        using var file = new FileStream(Database, FileMode.Open, FileAccess.ReadWrite);
        switch (how)
        {
            case "header":
                file.Write(new byte[16]);
                break;
            case "garbage":
                file.SetLength(0);
                file.Write(Enumerable.Range(0, 9_000).Select(i => (byte)(i * 31)).ToArray());
                break;
            case "torn page":
                for (var page = 1; page < file.Length / 4096; page++)
                {
                    file.Position = page * 4096;
                    file.Write(new byte[2048]);
                }

                break;
            default:
                file.SetLength((file.Length / 2) + 100);
                break;
        }
    }
}
