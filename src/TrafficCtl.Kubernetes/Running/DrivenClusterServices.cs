using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Running;

public static class DrivenClusterServices
{
    /// <summary>
    /// Adds all of a process that speaks to clusters, their Prometheus and their meshes, and the ports that Control needs.
    /// </summary>
    /// <remarks>
    /// The host adds Control's services, logging and the clock, and runs each <see cref="DrivenCluster"/>. Where a cluster keeps the
    /// record, it is the only one; else the host has added its store before.
    /// </remarks>
    /// <param name="services">The services of the process.</param>
    /// <param name="clusters">At least one, each with a name of its own.</param>
    /// <param name="readerOf">Makes the reader of a cluster's declarations.</param>
    public static IServiceCollection AddClusters(
        this IServiceCollection services, ImmutableArray<ClusterOptions> clusters, Func<ClusterOptions, IDeliveryReader> readerOf)
    {
        services.AddSingleton(s => new DrivenClusters(clusters, readerOf, s));
        for (var i = 0; i < clusters.Length; i++)
        {
            var index = i;
            services.AddSingleton<ITargetFactory>(s => new Factory(Of(s, index)));
            if (clusters[i].KeepsRecord)
            {
                services.AddSingleton(s => Of(s, index).Store);
                services.AddSingleton(s => Of(s, index).Leadership);
                services.AddSingleton(s => new LeaderTask(Of(s, index).Run.LeadAsync));
            }
            else
            {
                RecordOn(services, index);
                services.AddSingleton(s => new LeaderTask(Of(s, index).DriveAsync));
            }
        }

        return services;
    }

    private static void RecordOn(IServiceCollection services, int index)
    {
        var own = services.LastOrDefault(static d => d.ServiceType == typeof(IStore))?.ImplementationFactory
            ?? throw new InvalidOperationException("A cluster whose record is kept elsewhere needs the store to be added first.");
        services.AddSingleton(s => Of(s, index).Recording((IStore)own(s), s.GetRequiredService<Views>()));
    }

    private static DrivenCluster Of(IServiceProvider services, int index) => services.GetRequiredService<DrivenClusters>().All[index];

    /// <summary>Apart from the cluster, which is disposed of once.</summary>
    private sealed class Factory(DrivenCluster cluster) : ITargetFactory
    {
        public TargetDriver? DriverOf(ServiceSpec service) => cluster.DriverOf(service);
    }
}
