using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace TrafficCtl.Daemon.Access;

/// <summary>Who is at the other end of a Unix socket, by the word of the kernel.</summary>
/// <param name="User">The number of the user.</param>
internal sealed record PeerCredentials(uint User)
{
    private const int SolSocket = 1, SoPeerCred = 17;

    /// <summary>The user that this process runs as.</summary>
    public static uint Own { get; } = OperatingSystem.IsLinux() ? EffectiveUser() : 0;

    /// <summary>As the system's list of users has it; the number where it has none.</summary>
    public string Name => User == Own ? Environment.UserName : NameOf(User) ?? $"user {User}";

    /// <summary>Puts the credentials where a request finds them.</summary>
    public static ConnectionDelegate Wrap(ConnectionDelegate next) => connection =>
    {
        if (Read(connection.Features.Get<IConnectionSocketFeature>()?.Socket) is { } peer) connection.Features.Set(peer);
        return next(connection);
    };

    /// <summary>Null where the system does not say.</summary>
    private static PeerCredentials? Read(Socket? socket)
    {
        if (socket is not { AddressFamily: AddressFamily.Unix } || !OperatingSystem.IsLinux()) return null;
        // struct ucred: pid, uid, gid.
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) == credentials.Length
                ? new PeerCredentials(BitConverter.IsLittleEndian
                    ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..])
                    : BinaryPrimitives.ReadUInt32BigEndian(credentials[4..]))
                : null;
        }
        catch (SocketException)
        {
            return null; // It went already.
        }
    }

    private static string? NameOf(uint user)
    {
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
                if (line.Split(':') is [var name, _, var id, ..] && uint.TryParse(id, out var found) && found == user) return name;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The number has to do.
        }

        return null;
    }

    [DllImport("libc", EntryPoint = "geteuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();
}
