using System.Collections.Immutable;
using System.Net;

namespace TrafficCtl.Core.Targets;

/// <summary>The service keys of the proxy, with safe defaults.</summary>
public sealed record ProxySettings
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Dispatch to response headers; then the request counts as an error, slower than every edge.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>No byte in either direction.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(100);

    public long BodyLimit { get; init; } = 30_000_000;

    public int HeaderLimit { get; init; } = 32 * 1024;

    /// <summary>
    /// Bytes a second of a body that a client must send, or take, on average over the time in which it is waited for; 0 for no such
    /// rate: then <see cref="IdleTimeout"/> alone bounds how long a slow client is waited for.
    /// </summary>
    public long MinRate { get; init; }

    public HealthSettings Health { get; init; } = new();

    /// <summary>Readiness off to listeners closed.</summary>
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Listeners closed to the last request cut.</summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromSeconds(30);

    public UpstreamProtocol Protocol { get; init; }

    public UpstreamTls UpstreamTls { get; init; } = new();

    /// <summary>A user with an identity keeps to one endpoint of a version while that is healthy.</summary>
    public bool HasAffinity { get; init; }

    public Anonymous Anonymous { get; init; }

    /// <summary>How long a browser keeps the bucket cookie; null until it is closed.</summary>
    public TimeSpan? CookieMaxAge { get; init; }

    /// <summary>Upstreams are sent the client's Host; else their own address.</summary>
    public bool KeepsHost { get; init; }

    /// <summary>Proxies in front of this one, whose word about their clients is believed and continued.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];
}
