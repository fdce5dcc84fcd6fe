using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>Opens connections to endpoints: to names, to addresses, and to Unix sockets.</summary>
internal sealed class UpstreamConnector(AddressBook names)
{
    /// <summary>The addresses of an endpoint's name now; null where it is none, but an address or a socket.</summary>
    /// <param name="host">As in <see cref="ConnectAsync"/>.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="SocketException">There is no such name, or no answer.</exception>
    public async ValueTask<NameAnswer?> ResolveAsync(string host, CancellationToken stop) =>
        UnixHost.Is(host) || IPAddress.TryParse(host, out _) ? null : await names.AskAsync(host, stop);

    /// <param name="host">A name, an address, or a socket as <see cref="UnixHost"/> names it.</param>
    /// <param name="port">It has no meaning for a socket.</param>
    /// <param name="answer">Where the host is a name.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="SocketException">Nobody accepts it.</exception>
    public static async ValueTask<Stream> ConnectAsync(string host, int port, NameAnswer? answer, CancellationToken stop)
    {
        if (answer is null)
        {
            return await OpenAsync(
                UnixHost.PathOf(host) is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(IPAddress.Parse(host), port), stop);
        }

        for (var i = 0; ; i++)
        {
            try
            {
                return await OpenAsync(new IPEndPoint(answer.Addresses[i], port), stop);
            }
            catch (SocketException) when (i < answer.Addresses.Length - 1)
            {
                // The next one.
            }
        }
    }

    private static async Task<Stream> OpenAsync(EndPoint endpoint, CancellationToken stop)
    {
        var socket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
