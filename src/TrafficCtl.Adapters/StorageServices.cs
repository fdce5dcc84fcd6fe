using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters;

public static class StorageServices
{
    /// <summary>
    /// The store in one SQLite file, opened by <see cref="IStoreOpening"/> or with the first call of <see cref="IStore"/>.
    /// </summary>
    /// <param name="services">The registrations.</param>
    /// <param name="path">The database file; its directory exists and is owned by this process (<see cref="DataDirectory"/>).</param>
    /// <remarks>A call throws <see cref="StoreUnavailableException"/> while the file cannot be opened; a later one tries again.</remarks>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, string path)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            var log = provider.GetService<ILogger<SqliteStore>>() ?? NullLogger<SqliteStore>.Instance;
            return new DeferredStore(path, () => SqliteStore.Open(path, SqliteSettings.Default, clock, log), clock, log);
        });
        services.TryAddSingleton<IStore>(provider => provider.GetRequiredService<DeferredStore>());
        services.TryAddSingleton<IPublications>(provider => provider.GetRequiredService<DeferredStore>());
        services.TryAddSingleton<IPromotionFacts>(provider => provider.GetRequiredService<DeferredStore>());
        services.TryAddSingleton<IStoreOpening>(provider => provider.GetRequiredService<DeferredStore>());
        services.TryAddSingleton(provider => new StoreFiles(provider.GetRequiredService<DeferredStore>().FindTrouble));
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
