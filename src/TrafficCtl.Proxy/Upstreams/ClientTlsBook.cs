using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>The TLS settings of the services' upstreams, with what of their files is in force.</summary>
/// <remarks>One change at a time; what is in force changes only by one, so that a configuration finds what it was made of.</remarks>
internal sealed class ClientTlsBook
{
    private ImmutableDictionary<UpstreamTls, Entry> entries = ImmutableDictionary<UpstreamTls, Entry>.Empty;

    /// <summary>Their files, to be looked at.</summary>
    public ImmutableArray<FollowedTls> Followed => [.. Volatile.Read(ref entries).Values.Select(e => e.Files)];

    /// <summary>Reads what these services name for the first time: what can fail, before anything changes.</summary>
    /// <exception cref="ListenException">A file cannot be used; what was read before stays.</exception>
    public async Task ReadAsync(ImmutableArray<ServiceSpec> specs, CancellationToken stop)
    {
        var known = Volatile.Read(ref entries);
        var read = await Blocking.RunAsync(() => Load(specs, known), stop);
        Volatile.Write(ref entries, Renewed(known).SetItems(read));
    }

    /// <summary>Puts in force what changed files say.</summary>
    public void Renew() => Volatile.Write(ref entries, Renewed(Volatile.Read(ref entries)));

    /// <summary>Forgets what only other services name.</summary>
    public void Keep(ImmutableArray<ServiceSpec> specs)
    {
        var (known, named) = (Volatile.Read(ref entries), specs.Select(s => s.Embedded.Proxy.UpstreamTls).ToHashSet());
        Volatile.Write(ref entries, known.RemoveRange(known.Keys.Where(k => !named.Contains(k))));
    }

    /// <summary>The connection settings in force for settings that were read.</summary>
    public ClientTls Of(UpstreamTls settings) => Volatile.Read(ref entries)[settings].InForce;

    /// <param name="fingerprint">The fingerprint of settings that are in force.</param>
    public ClientTls Find(string fingerprint) =>
        Volatile.Read(ref entries).Values.First(e => string.Equals(e.InForce.Fingerprint, fingerprint, StringComparison.Ordinal)).InForce;

    private static ImmutableDictionary<UpstreamTls, Entry> Renewed(ImmutableDictionary<UpstreamTls, Entry> known) =>
        known.SetItems(known.Select(e => KeyValuePair.Create(e.Key, new Entry(e.Value.Files, e.Value.Files.Current))));

    private static Dictionary<UpstreamTls, Entry> Load(ImmutableArray<ServiceSpec> specs, ImmutableDictionary<UpstreamTls, Entry> known)
    {
        var read = new Dictionary<UpstreamTls, Entry>();
        foreach (var (service, settings) in specs.Select(s => (s.Service, s.Embedded.Proxy.UpstreamTls)))
        {
            if (known.ContainsKey(settings) || read.ContainsKey(settings)) continue;
            var files = new FollowedTls(service, settings);
            read.Add(settings, new Entry(files, files.Current));
        }

        return read;
    }

    private sealed record Entry(FollowedTls Files, ClientTls InForce);
}
