using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Security;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Proxy.Routing.Listening;

/// <summary>A listener's certificates by the name that a client asks for (SNI): exact host, then wildcard, then the first.</summary>
internal sealed class CertificateTable
{
    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> exact;
    private readonly ImmutableArray<(string Suffix, SslServerAuthenticationOptions Options)> wildcards;
    private readonly SslServerAuthenticationOptions rest;

    private CertificateTable(ImmutableArray<(string? Host, SslServerAuthenticationOptions Options)> entries)
    {
        // The service of every host, or else the first, also answers clients that name no host or an unknown one.
        rest = entries.FirstOrDefault(e => e.Host is null) is { Options: { } any } ? any : entries[0].Options;
        var named = entries.Where(e => e.Host is not null).DistinctBy(e => e.Host, StringComparer.OrdinalIgnoreCase).ToArray();
        exact = named.Where(e => !e.Host!.StartsWith("*.", StringComparison.Ordinal))
            .ToFrozenDictionary(e => e.Host!, e => e.Options, StringComparer.OrdinalIgnoreCase);
        wildcards =
        [
            .. named.Where(e => e.Host!.StartsWith("*.", StringComparison.Ordinal)).OrderByDescending(e => e.Host!.Length)
                .Select(e => (e.Host![1..], e.Options)),
        ];
    }

    /// <param name="services">Of one https listener, at least one.</param>
    /// <exception cref="ListenException">A certificate cannot be used.</exception>
    public static CertificateTable Load(ImmutableArray<ServiceSpec> services)
    {
        var loaded = new Dictionary<TlsFiles, SslServerAuthenticationOptions>();
        foreach (var service in services)
        {
            var files = service.Listen!.Tls!;
            if (!loaded.ContainsKey(files)) loaded.Add(files, ListenerTls.Load(service.Service, files));
        }

        return new CertificateTable([.. services.Select(s => (s.Match.Host, loaded[s.Listen!.Tls!]))]);
    }

    /// <param name="host">Null or empty when the client named none.</param>
    public SslServerAuthenticationOptions For(string? host)
    {
        var name = host is { Length: > 0 } ? host.TrimEnd('.') : "";
        if (name.Length == 0) return rest;
        if (exact.TryGetValue(name, out var found)) return found;
        foreach (var (suffix, options) in wildcards)
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) return options;
        return rest;
    }
}
