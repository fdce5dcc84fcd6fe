using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Services;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.Proxy.Upstreams;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>YARP in a container of its own: takes specifications, gives a target per version.</summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private readonly WebApplication host;
    private readonly InMemoryConfigProvider config = new([], []);
    private readonly ConfigApplied applied = new();
    private readonly Dispatcher dispatcher;
    private readonly TimeProvider clock;
    private readonly UpstreamConnector connector;

    // A reload keeps the cluster of a version that it still names, and what is known of it.
    private readonly ConditionalWeakTable<ClusterState, Http2Support> http2 = [];

    public Forwarder(ILoggerFactory loggers, TimeProvider clock, NameLookup lookup)
    {
        this.clock = clock;
        Names = new AddressBook(lookup, clock);
        connector = new UpstreamConnector(Names);
        // Kestrel's services are for the listeners, which take them from here; the host itself is never started.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services
            .AddRouting()
            .AddSingleton(clock)
            .AddSingleton<ILoggerFactory>(new QuietLoggers(loggers))
            .AddSingleton<IProxyConfigProvider>(config)
            .AddSingleton<IConfigChangeListener>(applied)
            .AddSingleton<IAvailableDestinationsPolicy, LiveDestinations>()
            .AddSingleton(Tls)
            .AddSingleton(connector)
            .AddReverseProxy().Services
            .AddSingleton<IForwarderHttpClientFactory, UpstreamClientFactory>()
            .AddSingleton<UpstreamTransformer>()
            .AddSingleton<Dispatcher>();
        host = builder.Build();
        // Loads the configuration. No request takes this way: the dispatcher calls the forwarder itself.
        host.MapReverseProxy();
        dispatcher = host.Services.GetRequiredService<Dispatcher>();
        Clusters = host.Services.GetRequiredService<IProxyStateLookup>();
        Health = host.Services.GetRequiredService<IDestinationHealthUpdater>();
    }

    public IServiceProvider Services => host.Services;

    /// <summary>Times that <see cref="ApplyAsync"/> was called.</summary>
    public int Configurations { get; private set; }

    /// <summary>To be read before a configuration is applied.</summary>
    public ClientTlsBook Tls { get; } = new();

    /// <summary>What is known of the names of endpoints.</summary>
    public AddressBook Names { get; }

    public IProxyStateLookup Clusters { get; }

    public IDestinationHealthUpdater Health { get; }

    /// <summary>Puts these specifications in force. Requests under way finish on what they were dispatched to.</summary>
    /// <exception cref="ListenException">YARP refuses the configuration; the former one stays.</exception>
    public async Task ApplyAsync(ImmutableArray<ServiceSpec> specs)
    {
        var done = applied.Expect();
        Configurations++;
        config.Update([], ForwarderConfig.ClustersOf(specs, Tls));
        await done;
    }

    /// <summary>Targets of a service that was applied, by version.</summary>
    public FrozenDictionary<string, UpstreamTarget> TargetsOf(ServiceSpec spec)
    {
        return spec.Versions.Select(Target).ToFrozenDictionary(t => t.Version, StringComparer.Ordinal);

        UpstreamTarget Target(VersionSpec version)
        {
            var id = ForwarderConfig.IdOf(spec, version);
            return Clusters.TryGetCluster(id, out var cluster)
                ? new UpstreamTarget(version.Version, dispatcher, cluster, Http2Of(cluster)) { Hosts = HostsOf(spec, version) }
                : throw new InvalidOperationException($"{id} was not applied.");
        }
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private Http2Support Http2Of(ClusterState cluster) => http2.GetValue(cluster, c => new Http2Support(c, connector, clock));

    private static FrozenDictionary<string, string>? HostsOf(ServiceSpec spec, VersionSpec version)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var address in version.Endpoints.Select(UnixHost.AddressOf))
            if (UpstreamHost.Of(address, spec.Embedded.Proxy.UpstreamTls.ServerName) is { } host) named[address.AbsoluteUri] = host;
        return named.Count == 0 ? null : named.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Turns YARP's notice of a finished reload into something that can be awaited; one reload at a time.</summary>
    private sealed class ConfigApplied : IConfigChangeListener
    {
        private TaskCompletionSource? waiting;

        public Task Expect() =>
            (waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => Fail(exception);

        public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
        {
        }

        public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => Fail(exception);

        public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => waiting?.TrySetResult();

        private void Fail(Exception exception) =>
            waiting?.TrySetException(new ListenException("The forwarder refuses the configuration: " + exception.Message, exception));
    }
}
