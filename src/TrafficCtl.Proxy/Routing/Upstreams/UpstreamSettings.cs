using System.Globalization;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>How connections to a version's endpoints are opened: what a cluster's metadata in YARP's configuration carries.</summary>
/// <param name="Tls">The fingerprint of the TLS settings.</param>
internal sealed record UpstreamSettings(TimeSpan ConnectTimeout, string Tls)
{
    private const string ConnectKey = "connect-ms", TlsKey = "tls";

    /// <summary>Null of metadata that this did not write.</summary>
    public static UpstreamSettings? Of(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(ConnectKey, out var connect) && metadata.TryGetValue(TlsKey, out var tls)
            ? new UpstreamSettings(TimeSpan.FromMilliseconds(double.Parse(connect, CultureInfo.InvariantCulture)), tls)
            : null;

    public Dictionary<string, string> ToMetadata() => new(StringComparer.Ordinal)
    {
        [ConnectKey] = ConnectTimeout.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        [TlsKey] = Tls,
    };
}
