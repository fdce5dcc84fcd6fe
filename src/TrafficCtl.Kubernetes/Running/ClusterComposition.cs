using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
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

/// <summary>All of one cluster: its client, informers, leadership, discovery, router and Prometheus, and what writes to it.</summary>
/// <remarks>A container of its own, so that clusters share what <see cref="Host"/> gives and nothing else.</remarks>
internal static class ClusterComposition
{
    /// <summary>
    /// Names the client that asks about callers of the admin API: with connections and a rate of its own, so that they take none of the
    /// controller's.
    /// </summary>
    public const string Reviewing = "reviewing";

    /// <param name="services">Empty.</param>
    /// <param name="options">The options of the cluster.</param>
    /// <param name="process">What the process has: Control's services, logging and the clock.</param>
    /// <param name="reader">The reader of declarations there.</param>
    /// <param name="claims">Which of the process' clusters has which API server.</param>
    public static IServiceCollection AddCluster(
        this IServiceCollection services, ClusterOptions options, IServiceProvider process, IDeliveryReader reader, ClusterClaims claims)
    {
        services.AddSingleton(new Host(process));
        services.AddSingleton(process.GetRequiredService<TimeProvider>());
        services.AddSingleton<ILoggerFactory>(new ClusterLogs(process.GetRequiredService<ILoggerFactory>(), options.Name));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(reader);
        services.AddSingleton(options);
        services.AddSingleton(s => new KubeClient(options.Access, Clock(s), options.Client with { Seed = options.Seed }));
        services.AddKeyedSingleton(
            Reviewing, (s, _) => new KubeClient(options.Access, Clock(s), options.Client with { Seed = options.Seed }));
        services.AddSingleton(s => new KubeCache(s.GetRequiredService<KubeClient>(), Clock(s), Log<KubeCache>(s), options.Seed));
        services.AddSingleton(
            s => new ClusterIdentity(s.GetRequiredService<KubeClient>(), options.Name, claims, Clock(s), Log<ClusterIdentity>(s)));
        AddLeadership(services, options);
        AddDiscovery(services, options);
        AddTraffic(services, options);
        AddManagedMode(services, options);
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
        services.AddSingleton(s => new ClusterLeadership(
            s.GetRequiredService<ClusterRun>(), s.GetRequiredService<ClusterIdentity>(), s.GetRequiredService<LeaseElection>(), Clock(s)));
        services.AddSingleton(s => new ClusterDeclarations(
            options.Words, Shared<ControlLoop>(s), Shared<Views>(s), s.GetRequiredService<ClusterRun>,
            s.GetRequiredService<ClusterIdentity>(),
            Clock(s)));
        services.AddSingleton(s => new FormerRecords(() => Shared<IStore>(s), Shared<Views>(s)));
        services.AddSingleton<ILeaderTerm>(s => s.GetRequiredService<LeaseElection>());
        services.AddSingleton<IKube>(s => new GuardedKube(
            s.GetRequiredService<KubeClient>(), s.GetRequiredService<LeaseElection>(), options.Client.CallTimeout, Clock(s)));
    }

    private static void AddStore(IServiceCollection services, ClusterOptions options)
    {
        if (options.KeepsRecord)
        {
            var settings = new KubeStoreSettings(options.Lease.Namespace, options.Namespaces);
            services.AddSingleton<IStore>(s => new EventRecordingStore(
                new KubeStore(s.GetRequiredService<IKube>(), settings, s.GetRequiredService<ILeaderTerm>(), Clock(s), Log<KubeStore>(s)),
                s.GetRequiredService<KubeCache>(), s.GetRequiredService<IEventRecorder>(), static _ => true));
        }

        services.AddSingleton(
            s => new EventRecorder(s.GetRequiredService<IKube>(), options.Lease.Identity, Clock(s), Log<EventRecorder>(s)));
        services.AddSingleton(s => new DeliveryConditions(
            Link(s), () => s.GetRequiredService<ClusterDiscovery>().Services, name => ViewOf(s, options, name),
            s.GetRequiredService<IEventRecorder>(),
            Clock(s), Log<DeliveryConditions>(s)));
        services.AddSingleton<IEventRecorder>(s => s.GetRequiredService<EventRecorder>());
    }

    private static void AddDiscovery(IServiceCollection services, ClusterOptions options)
    {
        services.AddSingleton(s => new ClusterDiscovery(
            Link(s), s.GetRequiredService<IDeliveryReader>(), Shared<Views>(s), s.GetRequiredService<IEventRecorder>(),
            options.KeepsRecord
                ? found => Shared<ControlLoop>(s).SetServices(found, source: options.Words)
                : found => s.GetRequiredService<ClusterDeclarations>().Found(found),
            Clock(s), Log<ClusterDiscovery>(s)));
        services.AddSingleton<IClusterTargets>(s => s.GetRequiredService<ClusterDiscovery>());
        services.AddSingleton(s => new ClusterWishes(
            Link(s), () => s.GetRequiredService<ClusterDiscovery>().Services, s.GetRequiredService<ClusterDiscovery>().Nonces,
            new WishDoor(
                Shared<IStore>(s), Shared<Control.Wishing.Wishes>(s).MakeAsync, Shared<ControlLoop>(s).Wake),
            s.GetRequiredService<IEventRecorder>(), Clock(s), Log<ClusterWishes>(s)));
    }

    /// <summary>A cluster has one environment of a service.</summary>
    private static ServiceView? ViewOf(IServiceProvider services, ClusterOptions options, string service) =>
        Shared<Views>(services).Of(service).FirstOrDefault(v => v.Spec.Target is ClusterTarget && v.Key.Target == options.Name);

    private static void AddManagedMode(IServiceCollection services, ClusterOptions options) => services.AddSingleton(s => new ManagedMode(
        OnDemand(s), () => s.GetRequiredService<ClusterDiscovery>().Services, service => ViewOf(s, options, service)?.Record,
        s.GetRequiredService<IEventRecorder>(), Clock(s), Log<ManagedMode>(s), service => ViewOf(s, options, service)?.Router));

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
            service => ViewOf(s, options, service)?.Spec.Analysis.Metrics ?? [], Clock(s), Log<PrometheusSource>(s)));
        services.AddSingleton(s => new TargetDriver(
            options.KeepsRecord
                ? s.GetRequiredService<MeshRouter>()
                : new PatientRouter(s.GetRequiredService<MeshRouter>(), options.Words, Clock(s)),
            s.GetRequiredService<PrometheusSource>(), [.. s.GetRequiredService<Host>().Services.GetServices<IGateSource>()],
            Abilities.Cluster(options.HasAlertmanager)));
        services.AddSingleton<IShareObserver>(s => s.GetRequiredService<PrometheusSource>());
    }

    private static ClusterLink Link(IServiceProvider s) =>
        new(s.GetRequiredService<KubeCache>(), s.GetRequiredService<IKube>(), () => s.GetRequiredService<LeaseElection>().IsLeading);

    private static ClusterLink OnDemand(IServiceProvider s) => Link(s) with { View = s.GetRequiredService<IKubeView>() };

    private static TimeProvider Clock(IServiceProvider services) => services.GetRequiredService<TimeProvider>();

    private static ILogger<T> Log<T>(IServiceProvider services) => services.GetRequiredService<ILogger<T>>();

    /// <summary>A service of the process, which a cluster's container therefore never disposes of.</summary>
    private static T Shared<T>(IServiceProvider services)
        where T : notnull => services.GetRequiredService<Host>().Services.GetRequiredService<T>();

    /// <summary>What all clusters of a process share.</summary>
    private sealed record Host(IServiceProvider Services);
}
