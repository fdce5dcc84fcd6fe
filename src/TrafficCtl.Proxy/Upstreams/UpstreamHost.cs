namespace TrafficCtl.Proxy.Upstreams;

/// <summary>The Host that an endpoint is sent where it is not its own address.</summary>
internal static class UpstreamHost
{
    /// <summary>A socket has no name; this is what other proxies send to one.</summary>
    private const string OfSocket = "localhost";

    /// <param name="address">Where the request goes.</param>
    /// <param name="serverName">The name that is asked for in TLS; null for the endpoint's own.</param>
    /// <returns>Null for the address' own.</returns>
    /// <remarks>A server that has the name in TLS expects it in Host too; the client library takes the name for TLS from there.</remarks>
    public static string? Of(Uri address, string? serverName)
    {
        if (UnixHost.Is(address.Host)) return OfSocket;
        if (serverName is null || address.Scheme != Uri.UriSchemeHttps) return null;
        return address.IsDefaultPort ? serverName : $"{serverName}:{address.Port}";
    }
}
