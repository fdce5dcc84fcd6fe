using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Text;
using TrafficCtl.Proxy.Upstreams;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The connections to one version's endpoints: those of requests, which are kept, and those of probes, which are not.</summary>
/// <remarks>
/// Kept connections outlive the answer that they were opened by. When the addresses of a name change, later requests open connections of
/// their own; those under way finish where they are, and the connections that they leave are closed when they have been idle.
/// </remarks>
internal sealed class UpstreamClient : HttpMessageInvoker
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly UpstreamSettings settings;
    private readonly ClientTls tls;
    private readonly UpstreamConnector connector;

    /// <summary>Only made for endpoints that are asked for a path.</summary>
    private readonly Lazy<HttpMessageInvoker> probes;

    /// <summary>By name, the generation of the answer that the first connection of the present pool was opened by.</summary>
    private readonly ConcurrentDictionary<string, long> generations = new(StringComparer.OrdinalIgnoreCase);

    private HttpMessageInvoker pool;

    public UpstreamClient(UpstreamSettings settings, ClientTls tls, UpstreamConnector connector)
        : base(new Nowhere())
    {
        (this.settings, this.tls, this.connector) = (settings, tls, connector);
        pool = NewPool();
        probes = new(() => new HttpMessageInvoker(ForProbes()));
    }

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is UpstreamUri address) address.Prepare(request);
        return Volatile.Read(ref pool).SendAsync(request, cancellationToken);
    }

    /// <summary>Sends a probe on a connection of its own.</summary>
    /// <param name="probe">Its address is set here.</param>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="path">What to ask for.</param>
    /// <param name="stop">Ends it.</param>
    public Task<HttpResponseMessage> ProbeAsync(HttpRequestMessage probe, Uri endpoint, string path, CancellationToken stop)
    {
        probe.RequestUri = new Uri(UnixHost.AddressOf(endpoint), path);
        probe.Headers.Host = UpstreamHost.Of(probe.RequestUri, tls.ServerName);
        return probes.Value.SendAsync(probe, stop);
    }

    /// <summary>Opens a connection and closes it again, with TLS where the endpoint has it.</summary>
    /// <exception cref="Exception">The endpoint does not accept it, or its certificate is not good.</exception>
    public async Task TouchAsync(Uri endpoint, CancellationToken stop)
    {
        var address = UnixHost.AddressOf(endpoint);
        await using var connection = await ConnectProbeAsync(address.IdnHost, address.Port, stop);
        if (address.Scheme != Uri.UriSchemeHttps) return;
        await using var secure = new SslStream(connection, leaveInnerStreamOpen: true);
        var options = tls.NewOptions([]);
        (options.TargetHost, options.ApplicationProtocols) = (tls.ServerName ?? address.IdnHost, Protocols);
        await secure.AuthenticateAsClientAsync(options, stop);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            pool.Dispose();
            if (probes.IsValueCreated) probes.Value.Dispose();
        }

        base.Dispose(disposing);
    }

    private HttpMessageInvoker NewPool() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        RequestHeaderEncodingSelector = static (_, request) => EncodingOf(request),
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        PlaintextStreamFilter = static (opened, _) => ValueTask.FromResult(
            opened.NegotiatedHttpVersion.Major == 1 ? new UpstreamStream(opened.PlaintextStream) : opened.PlaintextStream),
        ConnectTimeout = settings.ConnectTimeout,
        ConnectCallback = ConnectAsync,
        SslOptions = tls.NewOptions(settings.AllNames),
        // Where one address stands for many machines, connections spread over those that came later.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    });

    /// <summary>A probe is to show that an endpoint accepts connections, so it uses none that is there already.</summary>
    private SocketsHttpHandler ForProbes() => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, stop) => ConnectProbeAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop),
        SslOptions = tls.NewOptions([]),
        PooledConnectionLifetime = TimeSpan.Zero,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var answer = await connector.ResolveAsync(host, stop);
        if (answer is not null) generations.TryAdd(host, answer.Generation);
        return await UpstreamConnector.ConnectAsync(host, port, answer, stop);
    }

    /// <summary>When the addresses of the name are others than those of the pool's connections, later requests open new ones.</summary>
    private async ValueTask<Stream> ConnectProbeAsync(string host, int port, CancellationToken stop)
    {
        var answer = await connector.ResolveAsync(host, stop);
        if (answer is not null && generations.GetOrAdd(host, answer.Generation) is var opened && opened != answer.Generation
            && generations.TryUpdate(host, answer.Generation, opened)) Volatile.Write(ref pool, NewPool());
        return await UpstreamConnector.ConnectAsync(host, port, answer, stop);
    }

    /// <summary>One char a byte: what comes in goes out, whatever the encoding of it is.</summary>
    /// <remarks>The library asks for each header when it writes it to a connection, and tells nobody else that it begins to.</remarks>
    private static Encoding EncodingOf(HttpRequestMessage request)
    {
        if (request.RequestUri is UpstreamUri address) address.BeginToSend();
        return Encoding.Latin1;
    }

    /// <summary>The base class wants a handler, and every call goes to the pool of the moment.</summary>
    private sealed class Nowhere : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Requests go to the pool of the moment.");
    }
}
