using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>The contract on a real file; every opening is a restart.</summary>
public sealed class SqliteStoreTests : StoreContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private SqliteStore? store;

    public void Dispose()
    {
        store?.Dispose();
        directory.Dispose();
    }

    private protected override IStore Open()
    {
        store?.Dispose();
        return store = TestStore.Open(directory.Database);
    }
}
