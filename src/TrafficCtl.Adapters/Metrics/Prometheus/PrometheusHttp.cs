namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>
/// Connections to Prometheus, or to Alertmanager: they live as long as the process, and addresses are looked up anew now and then.
/// </summary>
internal static class PrometheusHttp
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    public static HttpMessageInvoker Connect(PrometheusOptions options)
    {
        var connections = new SocketsHttpHandler
        {
            PooledConnectionLifetime = Lifetime,
            // Another host is not to be asked, and not to be given the token.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !options.Address.IsLoopback,
        };
        return new HttpMessageInvoker(options.CaFile is { } file ? new CaBundle(file, connections) : connections);
    }
}
