using System.Collections.Immutable;
using System.Net;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Upstreams;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Specifications as YARP's configuration: one cluster a version, and no route. Weights are never part of it.</summary>
/// <remarks>A weight in the configuration would rebuild clusters with each step; here a step replaces one reference.</remarks>
internal static class ForwarderConfig
{
    /// <summary>YARP's names do not tell letter cases apart and versions do, so a capital is marked.</summary>
    public static string IdOf(ServiceSpec spec, VersionSpec version) => $"{Marked(spec.Key.ToString())}/{Marked(version.Version)}";

    /// <param name="specs">Services.</param>
    /// <param name="tls">Where their TLS settings have been read.</param>
    public static ImmutableArray<ClusterConfig> ClustersOf(ImmutableArray<ServiceSpec> specs, ClientTlsBook tls) =>
        [.. from spec in specs from version in spec.Versions select ClusterOf(spec, version, tls.Of(spec.Embedded.Proxy.UpstreamTls))];

    private static ClusterConfig ClusterOf(ServiceSpec spec, VersionSpec version, ClientTls tls) => new()
    {
        ClusterId = IdOf(spec, version),
        Destinations = version.Endpoints.DistinctBy(e => e.AbsoluteUri)
            .ToDictionary(
                e => e.AbsoluteUri, e => new DestinationConfig { Address = UnixHost.AddressOf(e).AbsoluteUri },
                StringComparer.OrdinalIgnoreCase),
        HealthCheck = new HealthCheckConfig
        {
            AvailableDestinationsPolicy = LiveDestinations.PolicyName,
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                ReactivationPeriod = TimeSpan.FromSeconds(10),
            },
        },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = spec.Embedded.Proxy.IdleTimeout,
            Version = HttpVersion.Version20,
            VersionPolicy = spec.Embedded.Proxy.Protocol == UpstreamProtocol.H2c
                ? HttpVersionPolicy.RequestVersionExact
                : HttpVersionPolicy.RequestVersionOrLower,
        },
        Metadata = new UpstreamSettings(spec.Embedded.Proxy.ConnectTimeout, tls.Fingerprint, NamesOf(spec, version)).ToMetadata(),
    };

    /// <summary>With the client's Host, TLS asks for the same name; no client is to decide whether an upstream is the right one.</summary>
    private static string NamesOf(ServiceSpec spec, VersionSpec version)
    {
        if (!spec.Embedded.Proxy.KeepsHost) return "";
        if (spec.Embedded.Proxy.UpstreamTls.ServerName is { } name) return name;
        var secure = version.Endpoints.Where(e => e.Scheme == Uri.UriSchemeHttps);
        return string.Join(' ', secure.Select(e => e.IdnHost).Distinct(StringComparer.Ordinal));
    }

    private static string Marked(string name) => string.Concat(name.Select(c => char.IsUpper(c) ? "^" + c : c.ToString()));
}
