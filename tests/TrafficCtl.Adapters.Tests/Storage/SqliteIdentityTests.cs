using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>
/// A file that was deleted or replaced while it is open takes writes that nobody will ever read: none of them counts as saved.
/// </summary>
public sealed class SqliteIdentityTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string Database => directory.Database;

    public SqliteIdentityTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the kernel for inodes");

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("trafficctl.db", false)]
    [InlineData("trafficctl.db", true)]
    [InlineData("trafficctl.db-wal", false)]
    [InlineData("trafficctl.db-wal", true)]
    public async Task Nothing_is_saved_or_read_once_a_file_was_deleted_or_replaced(string name, bool isReplaced)
    {
        using var store = TestStore.Open(Database);
        await store.CommitAsync([Birth()], default);
        Assert.Null(store.Identity.FindTrouble());
        var (file, aside) = (directory.File(name), directory.File("aside"));
        File.Move(file, aside);
        if (isReplaced) File.Copy(aside, file);

        var what = isReplaced ? "is not the file that is open" : "was deleted while it was open";
        Assert.Contains($"{file} {what}", store.Identity.FindTrouble(), StringComparison.Ordinal);
        var wish = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.RecordWishAsync(Wish(), default).AsTask());
        Assert.Contains(what, wish.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[1])], default).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Shop, default).AsTask());

        File.Move(aside, file, overwrite: true);
        Assert.Null(store.Identity.FindTrouble());
        Assert.Empty(await store.PendingWishesAsync(Shop, default));
        await store.CommitAsync([Start(0, 1)], default);
    }

    [Fact]
    public async Task A_store_that_is_gone_at_the_next_start_is_known_to_be_lost()
    {
        using (var store = TestStore.Open(Database))
        {
            Assert.Equal((true, false), (store.Opened.IsNew, store.Opened.IsLost));
            await store.CommitAsync([Birth()], default);
        }

        using (var store = TestStore.Open(Database)) Assert.Equal((false, false), (store.Opened.IsNew, store.Opened.IsLost));
        File.Delete(Database);
        using (var store = TestStore.Open(Database)) Assert.Equal((true, true), (store.Opened.IsNew, store.Opened.IsLost));
        await File.WriteAllBytesAsync(Database, []);
        using (var store = TestStore.Open(Database)) Assert.True(store.Opened.IsLost);
    }
}
