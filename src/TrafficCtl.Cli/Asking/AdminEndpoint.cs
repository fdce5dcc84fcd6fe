using System.Diagnostics.CodeAnalysis;
using System.Text;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Asking;

/// <summary>
/// Where a daemon is asked: <c>http://</c> (HTTP/2 with prior knowledge), <c>https://</c>, or the path of its Unix socket.
/// </summary>
/// <param name="Uri">What requests name: of a socket, a name of this machine.</param>
/// <param name="Socket">The path of a Unix socket; null for none.</param>
internal sealed record AdminEndpoint(Uri Uri, string? Socket)
{
    private const string SocketScheme = "unix:";

    /// <summary>The room in <c>sockaddr_un</c>, less the byte that ends it.</summary>
    private const int LongestSocket = 107;

    /// <summary>A daemon that was started here; where none listens there, the address is asked.</summary>
    public bool MayFallBack { get; init; }

    public bool IsSecure => Uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>What a person is told.</summary>
    public string Shown => Socket is null || MayFallBack ? Uri.GetLeftPart(UriPartial.Authority) : $"{SocketScheme}{Socket}";

    /// <summary>The endpoint, or what is wrong with the text.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="example">An address that would do.</param>
    public static bool TryParse(
        string text, string example, [NotNullWhen(true)] out AdminEndpoint? endpoint, [NotNullWhen(false)] out string? problem)
    {
        endpoint = null;
        if (text.StartsWith(SocketScheme, StringComparison.OrdinalIgnoreCase)) return TryParseSocket(text, out endpoint, out problem);
        if (!AddressText.TryParse(
            text, $"an address such as {example}", [Uri.UriSchemeHttp, Uri.UriSchemeHttps], out var address, out problem))
            return false;
        endpoint = new AdminEndpoint(new Uri(address.GetLeftPart(UriPartial.Authority)), null);
        return true;
    }

    private static bool TryParseSocket(
        string text, [NotNullWhen(true)] out AdminEndpoint? endpoint, [NotNullWhen(false)] out string? problem)
    {
        (endpoint, problem) = (null, null);
        var path = text[SocketScheme.Length..];
        if (path.StartsWith("//", StringComparison.Ordinal)) path = path[2..];
        if (path.Length == 0)
            problem = $"\"{AddressText.Shown(text)}\" names no socket: write unix:PATH, such as unix:.trafficctl/admin.sock";
        else if (Path.GetFullPath(path) is var full && Encoding.UTF8.GetByteCount(full) > LongestSocket)
            problem = $"{full} is longer than the {LongestSocket} bytes that the path of a socket may have";
        else
            endpoint = new AdminEndpoint(new Uri("http://localhost"), full);
        return endpoint is not null;
    }
}
