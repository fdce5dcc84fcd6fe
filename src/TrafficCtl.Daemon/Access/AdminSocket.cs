using System.Net.Sockets;
using System.Text;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Daemon.Access;

/// <summary>
/// The Unix socket of the admin API: only the daemon's own user and root can open it, and the kernel says which of them does.
/// </summary>
public static class AdminSocket
{
    /// <summary>Its name in the data directory.</summary>
    public const string Name = "admin.sock";

    /// <summary>The room in <c>sockaddr_un</c>, less the byte that ends it.</summary>
    private const int LongestPath = 107;

    /// <summary>The path in a data directory; null where the system has no such sockets, or no room for a path of that length.</summary>
    public static string? PathIn(string directory)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var path = Path.GetFullPath(Path.Combine(directory, Name));
        return Encoding.UTF8.GetByteCount(path) <= LongestPath ? path : null;
    }

    /// <summary>Takes away what an earlier process left there, and tries the place.</summary>
    /// <returns>Why no socket can be there; null when one can.</returns>
    public static string? Prepare(string path)
    {
        try
        {
            var kind = FileStatus.Of(path).Kind;
            if (kind is not (FileKind.Missing or FileKind.Socket)) return $"{path} is there already and is no socket";
            if (kind == FileKind.Socket && IsAnswered(path)) return $"another process listens at {path}";
            File.Delete(path);
            using (var attempt = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                attempt.Bind(new UnixDomainSocketEndPoint(path));
            File.Delete(path);
            return null;
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be made ({fault.Message})";
        }
    }

    /// <summary>A socket that a killed process left refuses connections.</summary>
    private static bool IsAnswered(string path)
    {
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            peer.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Closes the socket to other users; the data directory around it is closed to them anyway.</summary>
    public static void Close(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, PrivateFile.Mode);
    }
}
