using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Security;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Listening;

/// <summary>A listener's certificates by the name that a client asks for (SNI): exact host, then wildcard, then the first.</summary>
internal sealed class CertificateTable
{
    private readonly FrozenDictionary<string, ListenerCertificate> exact;
    private readonly ImmutableArray<(string Suffix, ListenerCertificate Certificate)> wildcards;
    private readonly ListenerCertificate rest;

    private CertificateTable(ImmutableArray<(string? Host, ListenerCertificate Certificate)> entries)
    {
        All = [.. entries.Select(e => e.Certificate).Distinct()];
        // The service of every host, or else the first, also answers clients that name no host or an unknown one.
        rest = entries.FirstOrDefault(e => e.Host is null) is { Certificate: { } any } ? any : entries[0].Certificate;
        var named = entries.Where(e => e.Host is not null).DistinctBy(e => e.Host, StringComparer.OrdinalIgnoreCase).ToArray();
        exact = named.Where(e => !e.Host!.StartsWith("*.", StringComparison.Ordinal))
            .ToFrozenDictionary(e => e.Host!, e => e.Certificate, StringComparer.OrdinalIgnoreCase);
        wildcards =
        [
            .. named.Where(e => e.Host!.StartsWith("*.", StringComparison.Ordinal)).OrderByDescending(e => e.Host!.Length)
                .Select(e => (e.Host![1..], e.Certificate)),
        ];
    }

    /// <summary>Each once.</summary>
    public ImmutableArray<ListenerCertificate> All { get; }

    /// <param name="services">The services of one https listener, at least one.</param>
    /// <param name="inForce">Used where the files of one of these cannot be used now: a reload of something else goes on meanwhile.</param>
    /// <exception cref="ListenException">A certificate cannot be used.</exception>
    public static CertificateTable Load(ImmutableArray<ServiceSpec> services, ImmutableArray<ListenerCertificate> inForce)
    {
        var loaded = new Dictionary<TlsFiles, ListenerCertificate>();
        foreach (var service in services)
        {
            var files = service.Embedded.Listen.Tls!;
            if (!loaded.ContainsKey(files)) loaded.Add(files, Open(service.Service, files, inForce));
        }

        return new CertificateTable([.. services.Select(s => (s.Embedded.Match.Host, loaded[s.Embedded.Listen.Tls!]))]);
    }

    /// <param name="host">Null or empty when the client named none.</param>
    public SslServerAuthenticationOptions For(string? host)
    {
        var name = host is { Length: > 0 } ? host.TrimEnd('.') : "";
        if (name.Length == 0) return rest.Options;
        if (exact.TryGetValue(name, out var found)) return found.Options;
        foreach (var (suffix, certificate) in wildcards)
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) return certificate.Options;
        return rest.Options;
    }

    private static ListenerCertificate Open(string service, TlsFiles files, ImmutableArray<ListenerCertificate> inForce)
    {
        try
        {
            return new ListenerCertificate(service, files);
        }
        catch (ListenException) when (inForce.FirstOrDefault(c => c.Files == files) is { } held)
        {
            return held;
        }
    }
}
