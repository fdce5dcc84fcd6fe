using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The ports of a runtime's slots on the loopback: each is kept by its slot, and no two have the same.</summary>
internal sealed class LoopbackPorts
{
    private readonly Lock gate = new();
    private readonly HashSet<int> taken = [];

    /// <summary>The slot has it from an earlier daemon.</summary>
    public void Claim(int port)
    {
        if (port == 0) return;
        lock (gate) taken.Add(port);
    }

    /// <param name="kept">The one that the slot has; 0 for none.</param>
    /// <returns>The same where nobody listens on it, else another one; null where there is none.</returns>
    public int? Take(int kept)
    {
        lock (gate)
        {
            if (kept != 0 && CanListen(kept, out _))
            {
                taken.Add(kept);
                return kept;
            }

            for (var tries = 0; tries < 100; tries++)
            {
                if (!CanListen(0, out var port)) return null;
                if (!taken.Add(port)) continue;
                taken.Remove(kept);
                return port;
            }

            return null;
        }
    }

    public void Release(int port)
    {
        lock (gate) taken.Remove(port);
    }

    private static bool CanListen(int wanted, out int port)
    {
        port = wanted;
        try
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, wanted));
            listener.Listen(1);
            port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
