using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Listening;

/// <summary>One address: a Kestrel of its own, so that listeners come, go and drain without each other.</summary>
internal sealed class ProxyListener : IDisposable
{
    private readonly string service;
    private readonly KestrelServerOptions options;
    private readonly KestrelServer server;
    private readonly ListenerTls? tls;
    private readonly TimeSpan headersPatience, grace;
    private ImmutableArray<IPNetwork> trusted = [];

    /// <param name="service">The first service on it: named in errors.</param>
    /// <param name="address">With a certificate exactly when it says so.</param>
    /// <param name="application">What it serves.</param>
    /// <param name="certificates">Null in the clear.</param>
    /// <param name="proxy">Where requests run, and how slow a client may be.</param>
    /// <param name="services">Kestrel's.</param>
    /// <exception cref="ListenException">The host is no address.</exception>
    public ProxyListener(
        string service, Listener address, ProxyApplication application, CertificateTable? certificates,
        ProxyOptions proxy, IServiceProvider services)
    {
        this.service = service;
        Address = address;
        Application = application;
        tls = certificates is null ? null : new ListenerTls(certificates);
        options = new KestrelServerOptions
        {
            ApplicationServices = services,
            AddServerHeader = false,
            // The sniffer marks a connection as TLS to choose HTTP/2, whose scheme is http all the same.
            AllowAlternateSchemes = tls is null,
            // An absolute target names the host, whatever Host says (RFC 9112 3.2.2).
            AllowHostHeaderOverride = true,
            // One char a byte, as towards the upstream: header values have no encoding that a proxy may choose.
            RequestHeaderEncodingSelector = static _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static _ => Encoding.Latin1,
        };
        // The body's limit is the service's, so it is kept where the service is known.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MaxResponseBufferSize = ProxyOptions.ResponseBuffer;
        headersPatience = options.Limits.RequestHeadersTimeout = proxy.Patience.Headers;
        options.Limits.KeepAliveTimeout = proxy.Patience.KeepAlive;
        grace = proxy.Patience.Grace;
        LimitSlowness(0);
        Bind(address);
        // Made by the container: only there are the options given Kestrel's pool of buffers, in place of one that holds a few.
        var transport = services.GetRequiredService<IOptionsFactory<SocketTransportOptions>>().Create(Options.DefaultName);
        transport.UnsafePreferInlineScheduling = proxy.Scheduling == Scheduling.Inline;
        var loggers = services.GetRequiredService<ILoggerFactory>();
        server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(transport), loggers), loggers);
    }

    public Listener Address { get; }

    public ProxyApplication Application { get; }

    /// <summary>The address as bound: the port that was got for 0.</summary>
    public Uri Bound { get; private set; } = new("http://unbound.invalid");

    /// <summary>What a removal leaves its requests to finish.</summary>
    public TimeSpan DrainMax { get; set; }

    /// <summary>One like it, not started: the address, what it serves, and by which limits and certificate.</summary>
    public ProxyListener Again(ProxyOptions proxy, IServiceProvider services)
    {
        var again = new ProxyListener(service, Address, Application, tls?.Current, proxy, services) { DrainMax = DrainMax };
        again.LimitHeaders(options.Limits.MaxRequestHeadersTotalSize);
        (again.options.Limits.MinRequestBodyDataRate, again.options.Limits.MinResponseDataRate) =
            (options.Limits.MinRequestBodyDataRate, options.Limits.MinResponseDataRate);
        again.Trust(trusted);
        return again;
    }

    /// <summary>Connections from now on are held to this limit.</summary>
    public void LimitHeaders(int bytes)
    {
        options.Limits.MaxRequestHeadersTotalSize = bytes;
        options.Limits.MaxRequestLineSize = Math.Min(8 * 1024, bytes);
        // One field beyond this breaks the HTTP/2 connection; up to it, too much in all is answered 431.
        options.Limits.Http2.MaxRequestHeaderFieldSize = 2 * bytes;
    }

    /// <summary>Requests from now on are held to this rate, gRPC ones excepted; 0 for none: the idle time bounds them.</summary>
    /// <param name="bytesPerSecond">The bytes per second of a body, either way.</param>
    public void LimitSlowness(long bytesPerSecond) => options.Limits.MinRequestBodyDataRate = options.Limits.MinResponseDataRate =
        bytesPerSecond > 0 ? new MinDataRate(bytesPerSecond, grace) : null;

    /// <summary>Who may name its client by the PROXY protocol; none named trusts everybody who can reach the listener.</summary>
    public void Trust(ImmutableArray<IPNetwork> proxies) => ImmutableInterlocked.InterlockedExchange(ref trusted, proxies);

    public void Use(CertificateTable certificates) => tls?.Use(certificates);

    /// <exception cref="ListenException">The address is in use, not ours, or not allowed.</exception>
    public async Task StartAsync(CancellationToken stop)
    {
        try
        {
            await server.StartAsync(Application, stop);
        }
        catch (Exception fault) when (fault is IOException or SocketException or InvalidOperationException)
        {
            throw new ListenException($"{service}: cannot listen on {Address}: {WhyNot(fault)}", fault);
        }

        var bound = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var host = Address.Host is "*" or "0.0.0.0" or "::" or "[::]" ? "127.0.0.1" : bound.Host;
        Bound = new UriBuilder(bound) { Host = host }.Uri;
    }

    /// <summary>Closes the socket, lets requests finish, and cuts those that are left when <paramref name="cut"/> fires.</summary>
    public Task StopAsync(CancellationToken cut) => server.StopAsync(cut);

    public void Dispose() => server.Dispose();

    private void Bind(Listener address)
    {
        if (address.Host == "*") options.ListenAnyIP(address.Port, Configure);
        else if (address.Host == "localhost" && address.Port != 0) options.ListenLocalhost(address.Port, Configure);
        else if (address.Host == "localhost") options.Listen(IPAddress.Loopback, address.Port, Configure);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)) options.Listen(ip, address.Port, Configure);
        else throw new ListenException(
            $"{service}: cannot listen on {address}: {address.Host} is not an address. Name an IP address, localhost, or * for all.");
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        if (Address.IsProxied) listen.Use(next => ProxyProtocol.Wrap(next, MayName, headersPatience));
        if (tls is null) listen.Use(next => PrefaceSniffer.Wrap(next, headersPatience));
        else listen.UseHttps(tls.Options);
    }

    private bool MayName(IPAddress? peer)
    {
        var proxies = trusted;
        return proxies.IsEmpty || new ClientClaims(proxies).Trusts(peer);
    }

    private string WhyNot(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return $"the port is in use. Stop what holds it (ss -ltnp 'sport = :{Address.Port}'), or change listen.";
                case SocketException { SocketErrorCode: SocketError.AccessDenied }:
                    return "not allowed. Ports below 1024 need CAP_NET_BIND_SERVICE; or change listen.";
                case SocketException { SocketErrorCode: SocketError.AddressNotAvailable }:
                    return "this machine does not have the address. Change listen to one that it has, or to *.";
            }
        }

        return fault.Message;
    }
}
