using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Kubernetes;

public static class KubeStorage
{
    /// <summary>The store in custom resources. The host adds <see cref="IKube"/> and <see cref="ILeaderTerm"/>.</summary>
    public static IServiceCollection AddKubeStore(this IServiceCollection services, KubeStoreSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IStore>(provider => new KubeStore(
            provider.GetRequiredService<IKube>(), settings, provider.GetRequiredService<ILeaderTerm>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<KubeStore>>() ?? NullLogger<KubeStore>.Instance));
        return services;
    }
}
