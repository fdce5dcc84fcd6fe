using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>Opens connections to endpoints: to hosts, and to Unix sockets.</summary>
internal static class UpstreamConnector
{
    /// <param name="host">A name, an address, or a socket as <see cref="UnixHost"/> names it.</param>
    /// <param name="port">Of no meaning for a socket.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="SocketException">Nobody accepts it.</exception>
    public static async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken stop)
    {
        var path = UnixHost.PathOf(host);
        var socket = path is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await (path is null ? socket.ConnectAsync(host, port, stop) : socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
