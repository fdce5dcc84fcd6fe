using System.Collections.Immutable;
using System.Globalization;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>How connections to a version's endpoints are opened: what a cluster's metadata in YARP's configuration carries.</summary>
/// <param name="Tls">The fingerprint of the TLS settings.</param>
/// <param name="Names">
/// Hosts' names, separated by spaces: a certificate of one of them is good where TLS asks for the client's Host, which may be anything.
/// </param>
internal sealed record UpstreamSettings(TimeSpan ConnectTimeout, string Tls, string Names)
{
    private const string ConnectKey = "connect-ms", TlsKey = "tls", NamesKey = "names";

    public ImmutableArray<string> AllNames => [.. Names.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Null of metadata that this did not write.</summary>
    public static UpstreamSettings? Of(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(ConnectKey, out var connect) && metadata.TryGetValue(TlsKey, out var tls)
            && metadata.TryGetValue(NamesKey, out var names)
            ? new UpstreamSettings(TimeSpan.FromMilliseconds(double.Parse(connect, CultureInfo.InvariantCulture)), tls, names)
            : null;

    public Dictionary<string, string> ToMetadata() => new(StringComparer.Ordinal)
    {
        [ConnectKey] = ConnectTimeout.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        [TlsKey] = Tls,
        [NamesKey] = Names,
    };
}
