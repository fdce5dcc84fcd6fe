namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>The Host that an endpoint is sent where it is not its own address.</summary>
internal static class UpstreamHost
{
    /// <param name="endpoint">Where the request goes.</param>
    /// <param name="serverName">The name that is asked for in TLS; null for the endpoint's own.</param>
    /// <returns>Null for the endpoint's own address.</returns>
    /// <remarks>A server that has the name in TLS expects it in Host too; the client library takes the name for TLS from there.</remarks>
    public static string? Of(Uri endpoint, string? serverName) => serverName is null || endpoint.Scheme != Uri.UriSchemeHttps
        ? null
        : endpoint.IsDefaultPort ? serverName : $"{serverName}:{endpoint.Port}";
}
