using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.TestKit;

/// <summary>Ports for those that must know theirs before they listen, or that nobody is to listen on.</summary>
/// <remarks>Below those that systems give to whoever asks for any: such a one could be another's by the time it is used.</remarks>
public static class FreePort
{
    private const int First = 20_000, Count = 12_000;

    private static int next = Random.Shared.Next(Count);

    /// <summary>A port of this machine's loopback that is never given twice.</summary>
    public static int Take()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref next) % Count);
            if (CanListen(port)) return port;
        }

        throw new InvalidOperationException($"all ports from {First} to {First + Count - 1} are in use");
    }

    /// <summary>Where nobody listens.</summary>
    public static Uri Address() => new($"http://127.0.0.1:{Take()}");

    private static bool CanListen(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
