using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Proxy.Listening;

namespace TrafficCtl.Daemon.Api;

/// <summary>
/// The socket of the admin API: HTTP/1.1 and HTTP/2 for gRPC on one port; in the clear with prior knowledge, with TLS by ALPN.
/// </summary>
internal static class AdminListener
{
    /// <summary>From the first byte of a request to the end of its headers; and to the protocol's first bytes of a connection.</summary>
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);

    /// <summary>A client that is gone without a word is noticed after both together.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30), PingWithin = TimeSpan.FromSeconds(20);

    /// <param name="kestrel">The server of the process.</param>
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
        kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingAfter;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingWithin;
        if (tls is null) kestrel.Listen(address, port, Sniff);
        else kestrel.Listen(address, port, listen => Secure(listen, tls));
        if (socket is null) return;
        kestrel.ListenUnixSocket(socket, static listen =>
        {
            listen.Use(PeerCredentials.Wrap);
            Sniff(listen);
        });
    }

    private static void Secure(ListenOptions listen, AdminTls tls)
    {
        var audit = listen.ApplicationServices.GetRequiredService<Audit>();
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(tls.Handshakes(HeadersWithin, (from, why) => audit.Unknown("a TLS connection", from, why)));
    }

    private static void Sniff(ListenOptions listen)
    {
        // The protocols stay at their default, HTTP/1.1 and HTTP/2: where they are set, the server warns that HTTP/2 needs TLS. The
        // sniffer chooses between them instead.
        listen.Use(static next => PrefaceSniffer.Wrap(next, HeadersWithin));
    }
}
