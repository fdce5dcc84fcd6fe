using System.Net.Sockets;
using System.Text;

namespace TrafficCtl.Daemon;

/// <summary>Tells systemd how the service stands; does nothing where systemd did not start it.</summary>
/// <remarks>Protocol: sd_notify(3), a datagram to the socket that NOTIFY_SOCKET names; <c>@</c> stands for an abstract one.</remarks>
internal static class SdNotify
{
    public static Task SendAsync(string state) => SendAsync(state, Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    internal static async Task SendAsync(string state, string? address)
    {
        if (string.IsNullOrEmpty(address)) return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var endpoint = new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address);
        await socket.SendToAsync(Encoding.UTF8.GetBytes(state), SocketFlags.None, endpoint);
    }
}
