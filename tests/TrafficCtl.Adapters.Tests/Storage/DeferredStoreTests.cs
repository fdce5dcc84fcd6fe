using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>A store that cannot be opened, or not yet, keeps nobody waiting and is there by itself when it can.</summary>
public sealed class DeferredStoreTests : IDisposable
{
    private static readonly TargetKey Key = new("checkout", ServiceSpec.DefaultEnvironment);

    private readonly TemporaryDirectory directory = new();
    private readonly ManualClock clock = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Says_why_it_cannot_be_opened_and_is_opened_by_a_later_call()
    {
        TestStore.Open(directory.Database).Dispose();
        using var store = Deferred();
        using (var other = new SqliteSession(directory.Database, TestStore.Settings))
        {
            other.Run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Key, default).AsTask());
            Assert.Contains("is locked by another process", fault.Message, StringComparison.Ordinal);
            Assert.False(fault.IsForeign);
            // At once: the same is said for a second, without another try.
            Assert.Same(fault, await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenAsync(default)));
            Assert.Null(store.Opened);
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await store.LoadAsync(Key, default));
        Assert.Equal(new OpenResult(false, null), store.Opened);
    }

    [Fact]
    public async Task Keeps_nobody_waiting_while_it_is_being_opened()
    {
        using var go = new ManualResetEventSlim();
        using var store = Deferred(() =>
        {
            go.Wait();
            return TestStore.Open(directory.Database);
        });
        var opening = store.OpenAsync(default);
        var asking = store.LoadAsync(Key, default).AsTask();
        await Eventually.TrueAsync(() => clock.IsDueIn(TimeSpan.FromMilliseconds(500)), "the call waits");
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Contains(
            "is being opened", (await Assert.ThrowsAsync<StoreUnavailableException>(() => asking)).Message, StringComparison.Ordinal);

        go.Set();
        Assert.Equal(new OpenResult(true, null), await opening);
        Assert.Null(await store.LoadAsync(Key, default));
    }

    [Fact]
    public async Task A_file_that_was_read_only_when_it_was_opened_is_written_once_it_may_be()
    {
        TestStore.Open(directory.Database).Dispose();
        Assert.SkipUnless(ReadOnlyFile.TrySet(directory.Database, true), "this machine has no way to make a file read-only for this user");
        using var store = Deferred();
        Assert.Null(await store.LoadAsync(Key, default));
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RecordWishAsync(Wish(), default).AsTask());
        Assert.Contains("is read-only", fault.Message, StringComparison.Ordinal);

        ReadOnlyFile.TrySet(directory.Database, false);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RecordWishAsync(Wish(), default).AsTask());
        Assert.Equal(1, (await store.RecordWishAsync(Wish(), default)).Id);
    }

    [Fact]
    public async Task The_store_of_a_newer_build_is_none_that_waiting_helps()
    {
        using (var newer = new SqliteSession(directory.Database, TestStore.Settings))
            newer.Run("CREATE TABLE x (y); PRAGMA user_version = 99;");
        using var store = Deferred();
        Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenAsync(default))).IsForeign);
    }

    [Fact]
    public async Task A_closed_one_stays_closed_also_when_it_was_never_opened()
    {
        var store = Deferred();
        store.Dispose();
        Assert.Contains(
            "is closed", (await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Key, default).AsTask())).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(directory.Database));
    }

    [Theory]
    [InlineData("UPDATE rollouts SET state = '{\"id\";'")]
    [InlineData("UPDATE rollouts SET state = x'ff00ff'")]
    [InlineData("UPDATE rollouts SET state = replace(state, '500', '50000')")]
    [InlineData("UPDATE services SET tried = 'torn'")]
    [InlineData("UPDATE services SET last_number = 'many'")]
    [InlineData("UPDATE services SET generation = 1e300")]
    public async Task A_record_that_cannot_be_read_is_a_fault_of_its_service_alone(string damage)
    {
        using var store = Deferred();
        foreach (var key in (TargetKey[])[Key, new("search", "default")])
        {
            await store.CommitAsync([Examples.Birth(key)], default);
            await store.CommitAsync([Examples.Start(0, 1, key)], default);
        }

        using (var other = new SqliteSession(directory.Database, TestStore.Settings)) other.Run($"{damage} WHERE service = 'checkout'");

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Key, default).AsTask());

        Assert.Equal(Key, fault.Only);
        Assert.StartsWith("The store's record of checkout@default cannot be read by this build", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(await store.LoadAsync(new TargetKey("search", "default"), default));
        Assert.Equal(1, (await store.RecordWishAsync(Wish(), default)).Id);
    }

    private static Wish Wish() => new(0, Key, WishKind.Abort, null, "ann", "", "a test", Examples.At);

    private DeferredStore Deferred(Func<SqliteStore>? open = null) =>
        new(directory.Database, open ?? (() => TestStore.Open(directory.Database)), clock, NullLogger<SqliteStore>.Instance);
}
