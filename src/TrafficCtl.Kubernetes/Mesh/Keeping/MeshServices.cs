using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

public static class MeshServices
{
    /// <summary>
    /// The router over routing objects of meshes, as <see cref="ITrafficRouter"/> and <see cref="IRoutesInForce"/>, and what restores them.
    /// </summary>
    /// <remarks>
    /// The host adds <see cref="IKube"/> (guarded by the leadership), <see cref="IClusterTargets"/>, and where there are such
    /// <see cref="IKubeView"/>, <see cref="IShareObserver"/> and <see cref="ILeadership"/>.
    /// </remarks>
    /// <param name="services">The registrations.</param>
    /// <param name="ownNamespace">The controller's own namespace, where it keeps what it last wrote.</param>
    /// <param name="settings">How meshes are read, written and believed.</param>
    /// <param name="consul">Null where there is none.</param>
    /// <param name="leadership">That writes to Consul ask; null for that of the process.</param>
    public static IServiceCollection AddMeshRouter(
        this IServiceCollection services, string ownNamespace, MeshSettings settings, ConsulOptions? consul = null,
        Func<IServiceProvider, ILeadership>? leadership = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var (kube, clock) = (provider.GetRequiredService<IKube>(), provider.GetRequiredService<TimeProvider>());
            return new MeshParts(
                provider.GetRequiredService<IClusterTargets>(),
                new MeshHomes(
                    new KubeMeshObjects(kube, provider.GetService<IKubeView>(), settings, clock),
                    consul is null ? null : ConsulObjects.Connect(
                        consul, leadership?.Invoke(provider) ?? provider.GetRequiredService<ILeadership>(), settings, clock)),
                new KubeLedger(kube, ownNamespace, clock),
                provider.GetService<IServiceProviderIsService>()?.IsService(typeof(IShareObserver)) == true
                    ? new LateShares(provider)
                    : null,
                settings,
                clock);
        });
        services.AddSingleton(provider => new MeshRouter(provider.GetRequiredService<MeshParts>()));
        services.AddSingleton<ITrafficRouter>(provider => provider.GetRequiredService<MeshRouter>());
        services.AddSingleton<IRoutesInForce>(provider => provider.GetRequiredService<MeshRouter>());
        services.AddSingleton<IRouteMemory>(provider => provider.GetRequiredService<MeshRouter>());
        services.AddSingleton(provider => new MeshRestore(provider.GetRequiredService<MeshParts>()));
        return services;
    }

    /// <summary>
    /// The kinds that the routes of a dialect are in, for informers and rights: group, plural, kind, versions best first.
    /// </summary>
    public static ImmutableArray<(string Group, string Plural, string Kind, ImmutableArray<string> Versions)> KindsOf(string dialect) =>
        [.. DialectList.Find(dialect).Kinds.Select(k => (k.Group, k.Plural, k.Kind, k.Versions))];

    /// <summary>The names of those that can send copies of requests to a candidate.</summary>
    public static ImmutableArray<string> Mirroring { get; } = [.. DialectList.All.Where(d => d.CanMirror).Select(d => d.Name)];

    /// <summary>The names of all dialects.</summary>
    public static ImmutableArray<string> Dialects { get; } = [.. DialectList.All.Select(d => d.Name)];
}

/// <summary>Who measures shares asks the router which version is which arm: so it is looked up when it is first asked.</summary>
internal sealed class LateShares(IServiceProvider provider) : IShareObserver
{
    private readonly Lazy<IShareObserver> shares = new(provider.GetRequiredService<IShareObserver>);

    public ShareSample? ObservedShare(string service) => shares.Value.ObservedShare(service);

    public string? TroubleOf(string service) => shares.Value.TroubleOf(service);
}

/// <summary>What a router remembers of routes.</summary>
public interface IRouteMemory
{
    /// <summary>Believes nothing of before: called when this process begins to lead, for another may have led in between.</summary>
    void Forget();
}
