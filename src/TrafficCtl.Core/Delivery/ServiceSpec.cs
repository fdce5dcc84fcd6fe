using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Delivery;

/// <summary>One service of a delivery file: what exists here is valid.</summary>
public sealed record ServiceSpec
{
    public const string DefaultEnvironment = TargetKey.DefaultEnvironment;

    public required string Service { get; init; }

    /// <summary>The environment that this is the service of; one process may serve several.</summary>
    public string Environment { get; init; } = DefaultEnvironment;

    /// <summary>The name of the target inside the environment.</summary>
    public string Target { get; init; } = TargetKey.DefaultTarget;

    public TargetKey Key => new(Service, Environment, Target);

    /// <summary>Where this process' proxy takes its requests; null when something else routes them (<see cref="Cluster"/>).</summary>
    public Listener? Listen { get; init; }

    /// <summary>Where it runs on Kubernetes; null when it does not.</summary>
    public ClusterTarget? Cluster { get; init; }

    public RouteMatch Match { get; init; } = RouteMatch.Everything;

    /// <summary>Whose request it is, first found wins; else an anonymous bucket cookie.</summary>
    public ImmutableArray<RequestAttribute> Identity { get; init; } = [];

    /// <summary>Where the versions come from, in words.</summary>
    public Listing Listing { get; init; } = Listing.File;

    /// <summary>In the file's order.</summary>
    public required ImmutableArray<VersionSpec> Versions { get; init; }

    /// <summary>The birth value only: afterwards the store's last good wins.</summary>
    public required string Stable { get; init; }

    public ImmutableArray<Cohort> Cohorts { get; init; } = [];

    public Plan Plan { get; init; } = new();

    /// <summary>What must hold for a step to begin: each is asked before every one.</summary>
    public ImmutableArray<Gate> Needs { get; init; } = [];

    public Analysis Analysis { get; init; } = Analysis.Default;

    public ProxySettings Proxy { get; init; } = new();

    public VersionSpec? FindVersion(string version)
    {
        foreach (var candidate in Versions)
            if (candidate.Version == version) return candidate;
        return null;
    }
}

/// <param name="Endpoints">
/// Absolute http or https addresses, or Unix sockets (<see cref="UnixAddress"/>), at least one; none where something else routes.
/// </param>
/// <param name="Content">What the version is made of where it has no endpoints here: a hash of its pod template and configuration.</param>
public sealed record VersionSpec(string Version, ImmutableArray<Uri> Endpoints, string? Content = null)
{
    /// <summary>Names the endpoints, not their order, or the content: a rolled-back version may be tried again when this changes.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(Content ?? string.Join('\n', Endpoints.Select(e => e.AbsoluteUri).Order(StringComparer.Ordinal)))))[..16];

    /// <summary>No file lists it any more; it serves on with its last known endpoints, because nothing else was shown to be good.</summary>
    public bool IsRetained { get; init; }
}

/// <summary>Where requests come in. Services may share one when their matches do not overlap and their tls is the same.</summary>
/// <param name="Host">An address, <c>localhost</c>, or <c>*</c> for all addresses.</param>
/// <param name="Port">1..65535; 0 asks for a free one.</param>
/// <param name="Tls">Null for cleartext (HTTP/1.1 and h2c on the same port).</param>
public sealed record Listener(string Host, int Port, TlsFiles? Tls)
{
    /// <summary>Each connection begins with a header of the PROXY protocol, version 1 or 2; one that does not is closed.</summary>
    public bool IsProxied { get; init; }

    public override string ToString() => $"{(Tls is null ? "http" : "https")}://{Host}:{Port}";
}

/// <summary>PEM files; read again on reload, and when they change.</summary>
public sealed record TlsFiles(string Cert, string Key);

/// <param name="Host">A host name, with an optional leading <c>*.</c>; null for any.</param>
/// <param name="Path">A path such as <c>/checkout/**</c> or <c>/exact</c>; null for any.</param>
public sealed record RouteMatch(string? Host, string? Path)
{
    public static readonly RouteMatch Everything = new(null, null);
}

public enum UpstreamProtocol
{
    /// <summary>What the client spoke where the upstream can: HTTP/2 over TLS by ALPN, HTTP/1.1 in the clear, h2c for gRPC.</summary>
    Auto,

    /// <summary>HTTP/2 with prior knowledge in the clear.</summary>
    H2c,
}

/// <summary>How users without an identity are assigned while a rollout runs.</summary>
public enum Anonymous
{
    /// <summary>By a bucket that a signed cookie keeps: a user stays on an arm.</summary>
    Cookie,

    /// <summary>Each request by a bucket of its own, without a cookie: answers stay cacheable, and users go back and forth.</summary>
    Random,

    /// <summary>All to stable, without a cookie.</summary>
    None,
}

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

/// <param name="Path">Probed by GET; null probes by a TCP connection alone.</param>
public sealed record HealthSettings(string? Path = null, TimeSpan? Every = null, TimeSpan? Timeout = null)
{
    public TimeSpan Interval => Every ?? TimeSpan.FromSeconds(5);

    public TimeSpan ProbeTimeout => Timeout ?? TimeSpan.FromSeconds(1);
}
