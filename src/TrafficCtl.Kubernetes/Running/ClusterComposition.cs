using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Storage;
using TrafficCtl.Kubernetes.Wishes;

namespace TrafficCtl.Kubernetes.Running;

public static class ClusterComposition
{
    /// <summary>
    /// Adds all of a controller that speaks to a cluster, its Prometheus and its meshes, and the ports that Control needs.
    /// </summary>
    /// <remarks>
    /// The host adds Control's services, an <see cref="IDeliveryReader"/>, logging and the clock, and runs <see cref="ClusterRun"/>.
    /// </remarks>
    public static IServiceCollection AddCluster(this IServiceCollection services, ClusterOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(s => new KubeClient(options.Access, Clock(s), options.Client with { Seed = options.Seed }));
        services.AddSingleton(s => new KubeCache(s.GetRequiredService<KubeClient>(), Clock(s), Log<KubeCache>(s), options.Seed));
        AddLeadership(services, options);
        AddDiscovery(services, options);
        AddTraffic(services, options);
        AddManagedMode(services);
        AddClearing(services, options);
        AddStore(services, options);
        services.AddSingleton(s => new ClusterRun(
            options, s.GetRequiredService<KubeCache>(), s.GetRequiredService<ClusterDiscovery>(), s.GetRequiredService<LeaseElection>(),
            s.GetRequiredService<IRouteMemory>(), LeadersWork(s, options)));
        return services;
    }

    private static ImmutableArray<Func<CancellationToken, Task>> LeadersWork(IServiceProvider services, ClusterOptions options)
    {
        var work = ImmutableArray.CreateBuilder<Func<CancellationToken, Task>>();
        work.Add(services.GetRequiredService<PrometheusSource>().RunAsync);
        work.Add(services.GetRequiredService<ClusterWishes>().RunAsync);
        work.Add(services.GetRequiredService<EventRecorder>().RunAsync);
        work.Add(services.GetRequiredService<DeliveryConditions>().RunAsync);
        work.Add(services.GetRequiredService<ManagedMode>().RunAsync);
        work.Add(services.GetRequiredService<Clearing>().RunAsync);
        if (!options.KeepsRecord) work.Add(services.GetRequiredService<ClusterDeclarations>().LeadAsync);
        return work.DrainToImmutable();
    }

    private static void AddLeadership(IServiceCollection services, ClusterOptions options)
    {
        // The election writes its Lease by itself; everything else that writes asks it first.
        services.AddSingleton(s => new LeaseElection(
            s.GetRequiredService<KubeClient>(), options.Lease, new Random(options.Seed), Clock(s), Log<LeaseElection>(s)));
        services.AddSingleton(
            s => new ClusterLeadership(s.GetRequiredService<ClusterRun>(), s.GetRequiredService<LeaseElection>(), Clock(s)));
        if (options.KeepsRecord)
        {
            services.AddSingleton<ILeadership>(s => s.GetRequiredService<ClusterLeadership>());
            services.AddSingleton(s => new LeaderTask(s.GetRequiredService<ClusterRun>().LeadAsync));
        }
        else
        {
            services.AddSingleton(s => new ClusterDeclarations(
                s.GetRequiredService<ControlLoop>(), s.GetRequiredService<Views>(), () => s.GetRequiredService<LeaseElection>().Holder));
            services.AddSingleton(s => new LeaderTask(term =>
                s.GetRequiredService<ClusterLeadership>().RunAsync(s.GetRequiredService<ClusterRun>().LeadAsync, term)));
        }

        services.AddSingleton<ILeaderTerm>(s => s.GetRequiredService<LeaseElection>());
        services.AddSingleton<IKube>(s => new GuardedKube(
            s.GetRequiredService<KubeClient>(), s.GetRequiredService<LeaseElection>(), options.Client.CallTimeout, Clock(s)));
    }

    private static void AddStore(IServiceCollection services, ClusterOptions options)
    {
        var settings = new KubeStoreSettings(options.Lease.Namespace, options.Namespaces);
        if (options.KeepsRecord)
        {
            services.AddSingleton<IStore>(s => new EventRecordingStore(
                new KubeStore(s.GetRequiredService<IKube>(), settings, s.GetRequiredService<ILeaderTerm>(), Clock(s), Log<KubeStore>(s)),
                s.GetRequiredService<KubeCache>(), s.GetRequiredService<IEventRecorder>(), static _ => true));
        }
        else
        {
            TellOf(services);
        }

        services.AddSingleton(
            s => new EventRecorder(s.GetRequiredService<IKube>(), options.Lease.Identity, Clock(s), Log<EventRecorder>(s)));
        services.AddSingleton(s => new DeliveryConditions(
            Link(s), () => s.GetRequiredService<ClusterDiscovery>().Services, name => ViewOf(s, name),
            s.GetRequiredService<IEventRecorder>(), Clock(s),
            Log<DeliveryConditions>(s)));
        services.AddSingleton<IEventRecorder>(s => s.GetRequiredService<EventRecorder>());
    }

    /// <summary>The process has a store of its own: what it saves of the cluster's targets is told on the cluster too.</summary>
    private static void TellOf(IServiceCollection services)
    {
        var own = services.LastOrDefault(static d => d.ServiceType == typeof(IStore))?.ImplementationFactory
            ?? throw new InvalidOperationException("A cluster whose record is kept elsewhere needs the store to be added first.");
        services.AddSingleton<IStore>(s => new EventRecordingStore(
            (IStore)own(s), s.GetRequiredService<KubeCache>(), s.GetRequiredService<IEventRecorder>(),
            key => s.GetRequiredService<Views>().Find(key)?.Spec.Target is ClusterTarget));
    }

    private static void AddDiscovery(IServiceCollection services, ClusterOptions options)
    {
        services.AddSingleton(s => new ClusterDiscovery(
            Link(s), s.GetRequiredService<IDeliveryReader>(), s.GetRequiredService<Views>(), s.GetRequiredService<IEventRecorder>(),
            options.KeepsRecord
                ? found => s.GetRequiredService<ControlLoop>().SetServices(found, source: "the cluster")
                : found => s.GetRequiredService<ClusterDeclarations>().Found(found),
            Clock(s), Log<ClusterDiscovery>(s)));
        services.AddSingleton<IClusterTargets>(s => s.GetRequiredService<ClusterDiscovery>());
        services.AddSingleton(s => new ClusterWishes(
            Link(s), () => s.GetRequiredService<ClusterDiscovery>().Services, s.GetRequiredService<ClusterDiscovery>().Nonces,
            new WishDoor(
                s.GetRequiredService<IStore>(), s.GetRequiredService<Control.Wishing.Wishes>().MakeAsync,
                s.GetRequiredService<ControlLoop>().Wake),
            s.GetRequiredService<IEventRecorder>(), Clock(s), Log<ClusterWishes>(s)));
    }

    /// <summary>A cluster has one environment of a service.</summary>
    private static ServiceView? ViewOf(IServiceProvider services, string service) =>
        services.GetRequiredService<Views>().Of(service).FirstOrDefault(v => v.Spec.Target is ClusterTarget);

    private static void AddManagedMode(IServiceCollection services) => services.AddSingleton(s => new ManagedMode(
        OnDemand(s), () => s.GetRequiredService<ClusterDiscovery>().Services, service => ViewOf(s, service)?.Record,
        s.GetRequiredService<IEventRecorder>(), Clock(s), Log<ManagedMode>(s), service => ViewOf(s, service)?.Router));

    private static void AddClearing(IServiceCollection services, ClusterOptions options) => services.AddSingleton(s =>
    {
        var (discovery, restore) = (s.GetRequiredService<ClusterDiscovery>(), s.GetRequiredService<MeshRestore>());
        return new Clearing(
            OnDemand(s), discovery,
            async (service, stop) =>
            {
                // Where nothing was ever decided nothing was written.
                if (discovery.LastGood(service) is not { } stable) return null;
                var restored = await restore.RestoreAsync(service, stable, stop);
                return restored.Outcome == RestoreOutcome.Failed ? restored.Words : null;
            },
            options.Namespaces, s.GetRequiredService<IEventRecorder>(), Clock(s), Log<Clearing>(s));
    });

    private static void AddTraffic(IServiceCollection services, ClusterOptions options)
    {
        // The routing objects of the meshes that are really there are watched from the first look at them on.
        services.AddSingleton<IKubeView>(s => new OnDemandView(s.GetRequiredService<KubeCache>(), options.Namespaces));
        // Beside the Lease: who takes the leadership finds what was written under it.
        services.AddMeshRouter(options.Lease.Namespace, options.Mesh, options.Consul, static s => s.GetRequiredService<LeaseElection>());
        services.AddSingleton(s => new PrometheusSource(
            PrometheusHttp.Connect(options.Prometheus), options.Prometheus,
            s.GetRequiredService<IClusterTargets>(), s.GetRequiredService<IRoutesInForce>(),
            service => ViewOf(s, service)?.Spec.Analysis.Metrics ?? [], Clock(s), Log<PrometheusSource>(s)));
        services.AddTargets<ClusterTarget>(s => new TargetDriver(
            s.GetRequiredService<MeshRouter>(), s.GetRequiredService<PrometheusSource>(), [.. s.GetServices<IGateSource>()],
            Abilities.Cluster(options.HasAlertmanager)));
        services.AddSingleton<IShareObserver>(s => s.GetRequiredService<PrometheusSource>());
    }

    private static ClusterLink Link(IServiceProvider s) =>
        new(s.GetRequiredService<KubeCache>(), s.GetRequiredService<IKube>(), () => s.GetRequiredService<LeaseElection>().IsLeading);

    private static ClusterLink OnDemand(IServiceProvider s) => Link(s) with { View = s.GetRequiredService<IKubeView>() };

    private static TimeProvider Clock(IServiceProvider services) => services.GetRequiredService<TimeProvider>();

    private static ILogger<T> Log<T>(IServiceProvider services) => services.GetRequiredService<ILogger<T>>();
}
