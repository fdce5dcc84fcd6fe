using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Proxy.Listening;

namespace TrafficCtl.Daemon.Api;

/// <summary>
/// The socket of the admin API: HTTP/1.1 and HTTP/2 for gRPC on one port; in the clear with prior knowledge, with TLS by ALPN.
/// </summary>
internal static class AdminListener
{
    /// <summary>A request has at most 64 KiB: windows that are larger are memory for nothing.</summary>
    private const int StreamWindow = 64 * 1024, ConnectionWindow = 128 * 1024;

    /// <summary>A client that is gone without a word is noticed after both together.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30), PingWithin = TimeSpan.FromSeconds(20);

    /// <param name="kestrel">The server of the process, with the services of <c>AddTrafficCtlApi</c>.</param>
    /// <param name="address">An address of this machine.</param>
    /// <param name="port">0 asks for a free one.</param>
    /// <param name="socket">The path of a Unix socket beside it; null for none.</param>
    /// <param name="tls">TLS of the address; null in the clear.</param>
    public static void Configure(
        KestrelServerOptions kestrel, IPAddress address, int port, string? socket = null, AdminTls? tls = null)
    {
        kestrel.AddServerHeader = false;
        // The sniffer marks a connection as TLS to choose HTTP/2, whose scheme is http all the same.
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.MaxRequestBodySize = Messages.BodyLimit;
        var limits = kestrel.ApplicationServices.GetRequiredService<AdminLimits>();
        kestrel.Limits.RequestHeadersTimeout = limits.HeadersWithin;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(limits.BodyRate, limits.Grace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(limits.AnswerRate, limits.Grace);
        kestrel.Limits.MaxRequestBufferSize = ConnectionWindow;
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.StreamsOfConnection;
        kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
        kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingAfter;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingWithin;
        var counts = kestrel.ApplicationServices.GetRequiredService<LimitCounts>();
        var gate = new ConnectionGate(limits, counts, limits.ConnectionsOfAddress);
        kestrel.Listen(address, port, listen =>
        {
            listen.Use(gate.Wrap);
            if (tls is null) Sniff(listen, limits);
            else Secure(listen, limits, tls);
        });
        if (socket is null) return;
        // Places of its own: who may open it may do everything, and is kept out by nobody at the port.
        var ofSocket = new ConnectionGate(limits, counts, limits.Connections);
        kestrel.ListenUnixSocket(socket, listen =>
        {
            listen.Use(ofSocket.Wrap);
            listen.Use(PeerCredentials.Wrap);
            Sniff(listen, limits);
        });
    }

    private static void Secure(ListenOptions listen, AdminLimits limits, AdminTls tls)
    {
        var audit = listen.ApplicationServices.GetRequiredService<Audit>();
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(tls.Handshakes(limits.HeadersWithin, (from, why) => audit.Unknown("a TLS connection", from, why)));
    }

    private static void Sniff(ListenOptions listen, AdminLimits limits)
    {
        // The protocols stay at their default, HTTP/1.1 and HTTP/2: where they are set, the server warns that HTTP/2 needs TLS. The
        // sniffer chooses between them instead.
        listen.Use(next => PrefaceSniffer.Wrap(next, limits.HeadersWithin));
    }
}
