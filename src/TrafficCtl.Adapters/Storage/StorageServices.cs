using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage;

public static class StorageServices
{
    /// <summary>The store in one SQLite file, opened when <see cref="IStore"/> or <see cref="OpenResult"/> is first asked for.</summary>
    /// <param name="services">The registrations.</param>
    /// <param name="path">The database file; its directory exists and is owned by this process (<see cref="DataDirectory"/>).</param>
    /// <remarks>Asking throws <see cref="StoreUnavailableException"/> when the file cannot be opened.</remarks>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, string path)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => SqliteStore.Open(
            path,
            SqliteSettings.Default,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<SqliteStore>>() ?? NullLogger<SqliteStore>.Instance));
        services.TryAddSingleton<IStore>(provider => provider.GetRequiredService<SqliteStore>());
        services.TryAddSingleton(provider => provider.GetRequiredService<SqliteStore>().Opened);
        services.TryAddSingleton(provider => new StoreFiles(provider.GetRequiredService<SqliteStore>().Identity.FindTrouble));
        return services;
    }

    /// <summary>Reads what a store keeps of the past, also while its daemon runs. Changes nothing.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="read">What to do with it while it is open.</param>
    /// <exception cref="StoreUnavailableException">There is no such store, or it cannot be read.</exception>
    public static async Task<T> ReadHistoryAsync<T>(string path, Func<IHistory, Task<T>> read)
    {
        using var history = SqliteHistory.Open(path, SqliteSettings.Default);
        return await read(history);
    }
}
