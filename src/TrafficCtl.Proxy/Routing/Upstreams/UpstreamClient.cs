using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.Proxy.Routing.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>The connections to one version's endpoints: those of requests, which are kept, and those of probes, which are not.</summary>
internal sealed class UpstreamClient : HttpMessageInvoker
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly ClientTls tls;
    private readonly HttpMessageInvoker probes;

    public UpstreamClient(UpstreamSettings settings, ClientTls tls)
        : base(ForRequests(settings, tls), disposeHandler: true)
    {
        this.tls = tls;
        probes = new HttpMessageInvoker(ForProbes(tls), disposeHandler: true);
    }

    /// <summary>Sends a probe on a connection of its own.</summary>
    /// <param name="probe">To an address below the endpoint's.</param>
    /// <param name="stop">Ends it.</param>
    public Task<HttpResponseMessage> ProbeAsync(HttpRequestMessage probe, CancellationToken stop)
    {
        probe.Headers.Host = UpstreamHost.Of(probe.RequestUri!, tls.ServerName);
        return probes.SendAsync(probe, stop);
    }

    /// <summary>Opens a connection and closes it again, with TLS where the endpoint has it.</summary>
    /// <exception cref="Exception">The endpoint does not accept it, or its certificate is not good.</exception>
    public async Task TouchAsync(Uri endpoint, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.IdnHost, endpoint.Port, stop);
        if (endpoint.Scheme != Uri.UriSchemeHttps) return;
        await using var secure = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
        var options = tls.NewOptions();
        (options.TargetHost, options.ApplicationProtocols) = (tls.ServerName ?? endpoint.IdnHost, Protocols);
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
        // One char a byte: what comes in goes out, whatever the encoding of it is.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        PlaintextStreamFilter = static (opened, _) =>
            ValueTask.FromResult(opened.NegotiatedHttpVersion.Major == 1 ? new UpstreamStream(opened.PlaintextStream) : opened.PlaintextStream),
        ConnectTimeout = settings.ConnectTimeout,
        SslOptions = tls.NewOptions(),
        // An endpoint that moved to another address behind its name is found again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    };

    /// <summary>A probe is to show that an endpoint accepts connections, so it uses none that is there already.</summary>
    private static SocketsHttpHandler ForProbes(ClientTls tls) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        SslOptions = tls.NewOptions(),
        PooledConnectionLifetime = TimeSpan.Zero,
    };
}
