using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Health;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Listening;
using TrafficCtl.Proxy.Requests;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Hosting;

/// <summary>The data plane: listeners, services and forwarding, changed while requests pass.</summary>
public sealed partial class ProxyServer : IAsyncDisposable
{
    private readonly EmbeddedRouter router;
    private readonly ServiceRuntimes runtimes;
    private readonly HealthBook health;
    private readonly TimeProvider clock;
    private readonly ILogger<ProxyServer> log;
    private readonly Forwarder forwarder;
    private readonly Tunnels tunnels;
    private readonly Prober prober;
    private readonly ListenerSet listeners;
    private readonly FileRenewal renewal;
    private readonly Dictionary<TargetKey, ServiceBinding> bindings = [];
    private readonly SemaphoreSlim changing = new(1, 1);
    private ImmutableArray<ServiceSpec> specs = [];
    private Task? renewing;
    private bool isDrained;

    /// <exception cref="InvalidDataException">The cookie keys cannot be used; the message says what to do.</exception>
    internal ProxyServer(
        ProxyOptions options, EmbeddedRouter router, ServiceRuntimes runtimes, HealthBook health, TimeProvider clock,
        ILoggerFactory loggers)
    {
        (this.router, this.runtimes, this.health, this.clock) = (router, runtimes, health, clock);
        log = loggers.CreateLogger<ProxyServer>();
        var shared = options.CookieKeys is { } file ? new SharedCookieKeys(file) : null;
        var cookies = shared is not null ? new BucketCookie(shared.Of)
            : options.DataDirectory is { } directory ? new BucketCookie(CookieKeys.Open(directory, clock.GetUtcNow(), log))
            : new BucketCookie(CookieKeys.Ephemeral());
        forwarder = new Forwarder(loggers, clock, options.Lookup);
        tunnels = new Tunnels(clock);
        prober = new Prober(forwarder, health, clock);
        listeners = new ListenerSet(new CohortMiddleware(cookies), tunnels, clock, options, forwarder.Services);
        renewal = new FileRenewal(
            () => listeners.Certificates, shared, () => forwarder.Tls.Followed, ReconnectAsync, options.Notice, clock, log);
    }

    /// <summary>Tunnels (WebSockets and the like) that are open now.</summary>
    public int OpenTunnels => tunnels.Count;

    /// <summary>Times that the forwarder was configured.</summary>
    internal int Configurations => forwarder.Configurations;

    /// <summary>Binds the listeners and serves.</summary>
    /// <exception cref="ListenException">An address cannot be bound or a certificate not be used; nothing is left bound.</exception>
    public Task StartAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop) => ReloadAsync(services, stop);

    /// <summary>Serves these services and no others. Listeners that stay keep their sockets; no request is dropped.</summary>
    /// <exception cref="ListenException">
    /// An address cannot be bound, a certificate not be used, the forwarder refuses, or the proxy has drained; all is as before.
    /// </exception>
    public async Task ReloadAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop)
    {
        await changing.WaitAsync(stop);
        try
        {
            if (isDrained) throw new ListenException("The proxy has drained and takes no configuration any more.");
            // Files and new sockets first: they are what can fail. First requests wait until the services are there, a moment later.
            await forwarder.Tls.ReadAsync(services, stop);
            var change = await listeners.PrepareAsync(services, stop);
            // Old and new versions side by side while snapshots change over, so that every snapshot finds its versions.
            var both = Merge(specs, services);
            try
            {
                await forwarder.ApplyAsync(both);
            }
            catch
            {
                await listeners.AbandonAsync(change);
                throw;
            }

            foreach (var spec in both) bindings.GetValueOrDefault(spec.Key)?.Offer(forwarder.TargetsOf(spec));
            health.Track(services);
            router.Configure(services);
            listeners.Commit(change, Bind);
            foreach (var gone in bindings.Keys.Except(services.Select(s => s.Key)).ToArray())
                if (bindings.Remove(gone, out var removed)) removed.Remove();
            // Each configuration of the forwarder is a second for thousands of services, so not twice where nothing goes.
            if (!Enumerable.SequenceEqual(both, services, ReferenceEqualityComparer.Instance)) await forwarder.ApplyAsync(services);
            forwarder.Tls.Keep(services);
            forwarder.Names.Keep(NamesIn(services));
            prober.Watch(services);
            specs = services;
            renewing ??= Task.Run(renewal.RunAsync, CancellationToken.None);
            LogServing(services.Length, listeners.Count);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>The longest <c>drain.delay</c> and the longest <c>drain.max</c> together.</summary>
    public TimeSpan LongestDrain =>
        specs.Select(s => s.Embedded.Proxy.DrainDelay).DefaultIfEmpty().Max()
            + specs.Select(s => s.Embedded.Proxy.DrainMax).DefaultIfEmpty().Max();

    /// <summary>Waits the longest <c>drain.delay</c>, stops accepting, and lets requests finish for <c>drain.max</c>; then cuts.</summary>
    /// <remarks>The caller has taken readiness off before. Routes stay as they are.</remarks>
    public async Task DrainAsync(CancellationToken stop)
    {
        var delay = specs.Select(s => s.Embedded.Proxy.DrainDelay).DefaultIfEmpty().Max();
        var max = specs.Select(s => s.Embedded.Proxy.DrainMax).DefaultIfEmpty().Max();
        var (delayText, maxText) = (DurationText.Of(delay), DurationText.Of(max));
        LogDraining(delayText, maxText, tunnels.Count);
        if (delay > TimeSpan.Zero) await Task.Delay(delay, clock, stop);
        await changing.WaitAsync(stop);
        try
        {
            isDrained = true;
            prober.Stop();
            using var time = new CancellationTokenSource(max, clock);
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
            using var closing = cut.Token.UnsafeRegister(static tunnels => ((Tunnels)tunnels!).CloseAll(), tunnels);
            await listeners.StopAsync(cut.Token);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Whether the target is served here now.</summary>
    public bool Serves(TargetKey key) => specs.Any(s => s.Key == key);

    /// <summary>Where a target can be reached from this machine; the port as bound.</summary>
    /// <exception cref="KeyNotFoundException">It is not served.</exception>
    public Uri AddressOf(TargetKey key) =>
        specs.FirstOrDefault(s => s.Key == key) is { } spec
            ? listeners.BoundOf(spec.Embedded.Listen)
            : throw new KeyNotFoundException($"The proxy does not serve {key}.");

    public async ValueTask DisposeAsync()
    {
        renewal.Dispose();
        if (renewing is not null) await renewing;
        prober.Dispose();
        await listeners.StopAsync(new CancellationToken(canceled: true));
        tunnels.Dispose();
        await forwarder.DisposeAsync();
        changing.Dispose();
    }

    /// <summary>New connections to upstreams go by what their changed files say; open ones serve the requests that they have.</summary>
    private async Task ReconnectAsync(CancellationToken stop)
    {
        await changing.WaitAsync(stop);
        try
        {
            if (isDrained) return;
            forwarder.Tls.Renew();
            await forwarder.ApplyAsync(specs);
        }
        finally
        {
            changing.Release();
        }
    }

    private ServiceBinding Bind(ServiceSpec spec)
    {
        if (bindings.TryGetValue(spec.Key, out var held) && held.Runtime == runtimes.Find(spec.Key)) return held;
        return bindings[spec.Key] = new ServiceBinding(runtimes.Find(spec.Key)!, forwarder.TargetsOf(spec));
    }

    private static HashSet<string> NamesIn(ImmutableArray<ServiceSpec> services) =>
        services.SelectMany(s => s.Versions).SelectMany(v => v.Endpoints).Select(e => e.IdnHost)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The new specifications, each with the versions that only its old one names, and the services that only the old ones name.
    /// </summary>
    private static ImmutableArray<ServiceSpec> Merge(ImmutableArray<ServiceSpec> old, ImmutableArray<ServiceSpec> next)
    {
        var held = old.ToDictionary(s => s.Key);
        var merged = next.Select(spec => held.Remove(spec.Key, out var former) ? WithVersionsOf(spec, former) : spec).ToList();
        return [.. merged, .. held.Values];
    }

    /// <summary>The same object where none is to be added.</summary>
    private static ServiceSpec WithVersionsOf(ServiceSpec spec, ServiceSpec former)
    {
        var gone = former.Versions.Where(v => spec.FindVersion(v.Version) is null).ToImmutableArray();
        return gone.IsEmpty ? spec : spec with { Versions = [.. spec.Versions, .. gone] };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving (services: {Services}, listeners: {Listeners})")]
    private partial void LogServing(int services, int listeners);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Draining: the listeners close in {Delay}, what is open then has up to {Max} more (tunnels: {Tunnels})")]
    private partial void LogDraining(string delay, string max, int tunnels);
}
