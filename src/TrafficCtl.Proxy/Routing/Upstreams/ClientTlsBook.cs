using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>What the files of the services' upstream TLS settings held when they were last read.</summary>
internal sealed class ClientTlsBook
{
    private ImmutableDictionary<UpstreamTls, ClientTls> loaded = ImmutableDictionary<UpstreamTls, ClientTls>.Empty;

    /// <summary>Reads the files that these services name: what can fail, before anything changes.</summary>
    /// <exception cref="ListenException">A file cannot be used; what was read before stays.</exception>
    public async Task ReadAsync(ImmutableArray<ServiceSpec> specs, CancellationToken stop)
    {
        var read = await Blocking.RunAsync(() => Load(specs), stop);
        Volatile.Write(ref loaded, Volatile.Read(ref loaded).SetItems(read));
    }

    /// <summary>Forgets what only other services name.</summary>
    public void Keep(ImmutableArray<ServiceSpec> specs)
    {
        var (known, named) = (Volatile.Read(ref loaded), specs.Select(s => s.Proxy.UpstreamTls).ToHashSet());
        Volatile.Write(ref loaded, known.RemoveRange(known.Keys.Where(k => !named.Contains(k))));
    }

    /// <summary>Of settings that were read.</summary>
    public ClientTls Of(UpstreamTls settings) => Volatile.Read(ref loaded)[settings];

    /// <param name="fingerprint">Of one that was read.</param>
    public ClientTls Find(string fingerprint) =>
        Volatile.Read(ref loaded).Values.First(tls => string.Equals(tls.Fingerprint, fingerprint, StringComparison.Ordinal));

    private static Dictionary<UpstreamTls, ClientTls> Load(ImmutableArray<ServiceSpec> specs)
    {
        var read = new Dictionary<UpstreamTls, ClientTls>();
        foreach (var (service, settings) in specs.Select(s => (s.Service, s.Proxy.UpstreamTls)))
            if (!read.ContainsKey(settings)) read.Add(settings, ClientTls.Load(service, settings));
        return read;
    }
}
