using System.Collections.Immutable;
using System.Net;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Requests;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Listening;

/// <summary>All listeners of the process, one per address: those that stay in a reload keep their sockets.</summary>
internal sealed class ListenerSet(
    CohortMiddleware middleware, Tunnels tunnels, TimeProvider clock, ProxyOptions proxy, IServiceProvider services)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);
    private const int Retries = 40;

    private readonly List<Task> draining = [];
    private ImmutableDictionary<Listener, ProxyListener> listeners = ImmutableDictionary<Listener, ProxyListener>.Empty;

    public int Count => listeners.Count;

    /// <summary>The certificates of all listeners that are in force, each once.</summary>
    public ImmutableArray<ListenerCertificate> Certificates { get; private set; } = [];

    public Uri BoundOf(Listener listen) => listeners[KeyOf(listen)].Bound;

    /// <summary>Reads all certificates and binds all new addresses: what can fail, before anything changes.</summary>
    /// <exception cref="ListenException">As for one listener; what was bound meanwhile is closed again.</exception>
    public async Task<Change> PrepareAsync(ImmutableArray<ServiceSpec> specs, CancellationToken stop)
    {
        var wanted = specs.GroupBy(s => KeyOf(s.Embedded.Listen)).ToDictionary(g => g.Key, g => g.ToImmutableArray());
        var secure = wanted.Where(w => w.Key.Tls is not null);
        var certificates = await Blocking.RunAsync(
            () => secure.ToDictionary(w => w.Key, w => CertificateTable.Load(w.Value, Certificates)), stop);
        var change = new Change(wanted, certificates, [], []);
        try
        {
            // Those last for which another one has to be given up.
            foreach (var (key, group) in wanted.Where(w => !listeners.ContainsKey(w.Key)).OrderBy(w => FormerOf(w.Key) is not null))
                change.Added.Add(key, await BeginAsync(key, group, change, stop));
        }
        catch
        {
            await AbandonAsync(change);
            throw;
        }

        return change;
    }

    /// <summary>Closes what was bound for a change that is not to be, and takes back what was given up for it.</summary>
    /// <exception cref="ListenException">An address that was given up is another's now.</exception>
    public async Task AbandonAsync(Change change)
    {
        foreach (var listener in change.Added.Values)
        {
            await listener.StopAsync(new CancellationToken(canceled: true));
            listener.Dispose();
        }

        foreach (var former in change.GivenUp)
            listeners = listeners.Add(
                KeyOf(former.Address), await BindAsync(() => former.Again(proxy, services), isPatient: true, CancellationToken.None));
    }

    /// <summary>Gives every listener its services, and drains those that have none any more.</summary>
    public void Commit(Change change, Func<ServiceSpec, ServiceBinding> bindingOf)
    {
        var before = listeners;
        listeners = before.RemoveRange(before.Keys.Where(k => !change.Wanted.ContainsKey(k))).AddRange(change.Added);
        foreach (var (key, listener) in listeners)
        {
            var group = change.Wanted[key];
            if (change.Certificates.TryGetValue(key, out var certificate)) listener.Use(certificate);
            listener.LimitHeaders(group.Max(s => s.Embedded.Proxy.HeaderLimit));
            // A service that lets its clients pause must not have them cut for another's sake.
            listener.LimitSlowness(group.Min(s => s.Embedded.Proxy.MinRate));
            listener.Trust(TrustedBy(group));
            listener.DrainMax = group.Max(s => s.Embedded.Proxy.DrainMax);
            listener.Application.Serve(new MatchTable<ServiceBinding>(group.Select(s => (s.Embedded.Match, bindingOf(s)))));
        }

        Certificates = [.. change.Certificates.Values.SelectMany(t => t.All)];
        foreach (var (key, listener) in before)
            if (!change.Wanted.ContainsKey(key)) Drain(listener);
    }

    /// <summary>Closes all sockets and waits for the last request, or for <paramref name="cut"/>.</summary>
    public async Task StopAsync(CancellationToken cut)
    {
        var stopping = listeners.Values.ToArray();
        listeners = listeners.Clear();
        await Task.WhenAll(stopping.Select(l => l.StopAsync(cut)));
        foreach (var listener in stopping) listener.Dispose();
        var rest = Task.WhenAll(draining);
        await Task.WhenAny(rest, Task.Delay(Timeout.InfiniteTimeSpan, clock, cut));
    }

    private async Task<ProxyListener> BeginAsync(Listener key, ImmutableArray<ServiceSpec> group, Change change, CancellationToken stop)
    {
        var former = FormerOf(key);
        if (former is not null)
        {
            listeners = listeners.Remove(KeyOf(former.Address));
            change.GivenUp.Add(former);
            Drain(former);
        }

        var application = new ProxyApplication(middleware, tunnels, clock, key.Tls is not null);
        var headers = group.Max(s => s.Embedded.Proxy.HeaderLimit);
        return await BindAsync(Make, isPatient: former is not null, stop);

        ProxyListener Make()
        {
            var made = new ProxyListener(group[0].Service, key, application, change.Certificates.GetValueOrDefault(key), proxy, services);
            made.LimitHeaders(headers);
            made.LimitSlowness(group.Min(s => s.Embedded.Proxy.MinRate));
            made.Trust(TrustedBy(group));
            return made;
        }
    }

    /// <summary>The same address in the clear before and with TLS now, or the other way: its socket has to be given up first.</summary>
    private ProxyListener? FormerOf(Listener key) =>
        key.Port == 0 ? null : listeners.Values.FirstOrDefault(l => l.Address.Host == key.Host && l.Address.Port == key.Port);

    private async Task<ProxyListener> BindAsync(Func<ProxyListener> make, bool isPatient, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var listener = make();
            try
            {
                await listener.StartAsync(stop);
                return listener;
            }
            catch (ListenException) when (isPatient && attempt < Retries)
            {
                listener.Dispose();
                await Task.Delay(Retry, clock, stop);
            }
        }
    }

    private static ImmutableArray<IPNetwork> TrustedBy(ImmutableArray<ServiceSpec> group) =>
        [.. group.SelectMany(s => s.Embedded.Proxy.TrustedProxies).Distinct()];

    private void Drain(ProxyListener listener)
    {
        draining.RemoveAll(t => t.IsCompleted);
        draining.Add(DrainAsync(listener));
    }

    private async Task DrainAsync(ProxyListener listener)
    {
        using var cut = new CancellationTokenSource(listener.DrainMax, clock);
        await listener.StopAsync(cut.Token);
        listener.Dispose();
    }

    /// <summary>An address and whether it speaks TLS; by which certificate is no part of its identity.</summary>
    private static Listener KeyOf(Listener listen) => listen with { Tls = listen.Tls is null ? null : new TlsFiles("", "") };

    internal sealed record Change(
        Dictionary<Listener, ImmutableArray<ServiceSpec>> Wanted,
        Dictionary<Listener, CertificateTable> Certificates,
        Dictionary<Listener, ProxyListener> Added,
        List<ProxyListener> GivenUp);
}
