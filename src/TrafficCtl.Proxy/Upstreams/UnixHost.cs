using System.Text;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>A Unix socket as the name of a host, which is all that the client library takes.</summary>
/// <remarks>
/// The name's labels hold the path's bytes in hexadecimal. It is never sent. Each socket has its own, so that each has its own connections.
/// </remarks>
internal static class UnixHost
{
    // RFC 6761 reserves .invalid: no such name exists.
    private const string Suffix = ".unix.invalid";

    /// <summary>The longest label that holds whole bytes (RFC 1035 2.3.4: 63 characters).</summary>
    private const int LabelLength = 62;

    /// <summary>Where requests to the endpoint go: its own address, unless it is a socket.</summary>
    public static Uri AddressOf(Uri endpoint)
    {
        if (UnixAddress.PathOf(endpoint) is not { } path) return endpoint;
        var labels = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(path)).Chunk(LabelLength).Select(static label => new string(label));
        return new Uri($"http://{string.Join('.', labels)}{Suffix}/");
    }

    public static bool Is(string host) => host.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The socket's path; null of a host that is none.</summary>
    public static string? PathOf(string host) => Is(host)
        ? Encoding.UTF8.GetString(Convert.FromHexString(host[..^Suffix.Length].Replace(".", "", StringComparison.Ordinal)))
        : null;
}
