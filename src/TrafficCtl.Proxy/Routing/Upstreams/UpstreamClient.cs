using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Text;
using TrafficCtl.Proxy.Routing.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>The connections to one version's endpoints: those of requests, which are kept, and those of probes, which are not.</summary>
internal sealed class UpstreamClient : HttpMessageInvoker
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private static readonly Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> Connect =
        static (context, stop) => UpstreamConnector.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop);

    private readonly ClientTls tls;
    private readonly HttpMessageInvoker probes;

    public UpstreamClient(UpstreamSettings settings, ClientTls tls)
        : base(ForRequests(settings, tls), disposeHandler: true)
    {
        this.tls = tls;
        probes = new HttpMessageInvoker(ForProbes(tls), disposeHandler: true);
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
        return probes.SendAsync(probe, stop);
    }

    /// <summary>Opens a connection and closes it again, with TLS where the endpoint has it.</summary>
    /// <exception cref="Exception">The endpoint does not accept it, or its certificate is not good.</exception>
    public async Task TouchAsync(Uri endpoint, CancellationToken stop)
    {
        var address = UnixHost.AddressOf(endpoint);
        await using var connection = await UpstreamConnector.ConnectAsync(address.IdnHost, address.Port, stop);
        if (address.Scheme != Uri.UriSchemeHttps) return;
        await using var secure = new SslStream(connection, leaveInnerStreamOpen: true);
        var options = tls.NewOptions();
        (options.TargetHost, options.ApplicationProtocols) = (tls.ServerName ?? address.IdnHost, Protocols);
        await secure.AuthenticateAsClientAsync(options, stop);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) probes.Dispose();
        base.Dispose(disposing);
    }

    private static SocketsHttpHandler ForRequests(UpstreamSettings settings, ClientTls tls) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        RequestHeaderEncodingSelector = static (_, request) => EncodingOf(request),
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        PlaintextStreamFilter = static (opened, _) =>
            ValueTask.FromResult(opened.NegotiatedHttpVersion.Major == 1 ? new UpstreamStream(opened.PlaintextStream) : opened.PlaintextStream),
        ConnectTimeout = settings.ConnectTimeout,
        ConnectCallback = Connect,
        SslOptions = tls.NewOptions(),
        // An endpoint that moved to another address behind its name is found again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    };

    /// <summary>One char a byte: what comes in goes out, whatever the encoding of it is.</summary>
    /// <remarks>The library asks for each header when it writes it to a connection, and tells nobody else that it begins to.</remarks>
    private static Encoding EncodingOf(HttpRequestMessage request)
    {
        if (request.RequestUri is UpstreamUri address) address.BeginToSend();
        return Encoding.Latin1;
    }

    /// <summary>A probe is to show that an endpoint accepts connections, so it uses none that is there already.</summary>
    private static SocketsHttpHandler ForProbes(ClientTls tls) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = Connect,
        SslOptions = tls.NewOptions(),
        PooledConnectionLifetime = TimeSpan.Zero,
    };
}
