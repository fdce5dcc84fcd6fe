using System.Net;

namespace TrafficCtl.Proxy.Settings;

public enum Scheduling
{
    /// <summary>Requests run on the thread pool.</summary>
    Plain,

    /// <summary>
    /// Requests run on the sockets' own threads: a third more throughput, at the price that whatever blocks stalls all
    /// connections. Needs <c>DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1</c> before the first socket.
    /// </summary>
    Inline,
}

/// <param name="DataDirectory">Exists and is writable; holds the cookie keys. Null keeps them in memory.</param>
/// <param name="Scheduling">Where requests run.</param>
public sealed record ProxyOptions(string? DataDirectory, Scheduling Scheduling = Scheduling.Plain)
{
    /// <summary>Bytes of an answer that the server takes at once over HTTP/1.1, whether or not the client reads.</summary>
    internal const int ResponseBuffer = 256 * 1024;

    public ClientPatience Patience { get; init; } = new();

    /// <summary>A file of cookie keys that other proxies use too; null keeps keys of this one's own in the data directory.</summary>
    public string? CookieKeys { get; init; }

    /// <summary>Takes a warning of a source for the status, or null once it no longer holds.</summary>
    public Action<string, string?> Notice { get; init; } = static (_, _) => { };

    /// <summary>How the names of endpoints are looked up: as the system does.</summary>
    internal NameLookup Lookup { get; init; } = Dns.GetHostAddressesAsync;
}

/// <summary>What a slow client is allowed before its connection is cut; the server looks once a second.</summary>
public sealed record ClientPatience
{
    /// <summary>From the first byte of a request, or from accepting the connection, to the last of its headers.</summary>
    public TimeSpan Headers { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between requests.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Before a body is held to the service's least rate. More than a second.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
