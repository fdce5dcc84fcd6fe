using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Targets;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Daemon.Config.Schema;

/// <param name="Host">An address (an IPv6 one in brackets), <c>localhost</c>, or <c>*</c>.</param>
internal sealed record ListenAddress(bool IsTls, string Host, int Port);

/// <summary>Where requests come in and where they go.</summary>
internal static partial class Addresses
{
    private const string ListenWord = "an address to listen on such as http://127.0.0.1:8080";
    private const string NetworkWord = "an address or a network such as 10.0.0.0/8";
    private const string ServerNameWord = "a host's name such as shop.internal";
    private const string SocketWord = "a Unix socket such as http+unix:///run/shop.sock";
    private const string EndpointWord = "an address such as http://127.0.0.1:5001";

    private const int MostServerName = 253;

    [GeneratedRegex(
        "^(?<scheme>https?)://(?<host>\\*|\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?/?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListenPattern { get; }

    public static ScalarShape Listen { get; } = new(
        ListenWord, ParseListen, () => new JsonObject { ["type"] = "string", ["pattern"] = "^https?://[^/]+/?$" });

    public static ScalarShape Endpoint { get; } = new(
        EndpointWord, ParseEndpoint,
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^(https?://[^/]+(/.*)?|http\\+unix:///.+)$" });

    /// <summary>A name that TLS can ask for: of a host, without a wildcard, and no address (RFC 6066 section 3).</summary>
    public static ScalarShape ServerName { get; } = new(
        ServerNameWord, ParseServerName, () => new JsonObject { ["type"] = "string", ["pattern"] = Names.Host.ToString() });

    /// <summary>An address, or a network in CIDR notation; host bits are no fault.</summary>
    public static ScalarShape Network { get; } = new(
        NetworkWord, ParseNetwork, () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" });

    private static Meaning ParseNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not {NetworkWord}");
        var bits = address.GetAddressBytes();
        var length = 8 * bits.Length;
        var isNumber = slash < 0 || int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length);
        if (!isNumber || length > 8 * bits.Length)
        {
            return Meaning.Wrong(
                $"\"{ScalarShape.Short(text)}\" is not {NetworkWord}", $"a prefix of this address is 0 to {8 * bits.Length} bits long");
        }


        for (var i = 0; i < bits.Length; i++) bits[i] &= (byte)(0xFF << Math.Clamp(8 - (length - (8 * i)), 0, 8));
        return Meaning.Of(new IPNetwork(new IPAddress(bits), length));
    }

    private static Meaning ParseServerName(string text) =>
        !Scalars.Is(Names.Host, text) || text.StartsWith('*') || text.Length > MostServerName
            ? Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not {ServerNameWord}")
            : IPAddress.TryParse(text, out _)
                ? Meaning.Wrong($"{text} is an address, and TLS asks for names", "write a name that is in the endpoints' certificate")
                : Meaning.Of(text.ToLowerInvariant());

    private static Meaning ParseListen(string text)
    {
        if (UrlText.HasCredentials(text)) return Meaning.Wrong("an address to listen on has no user or password in it", "leave them out");
        if (text.EndsWith('\n') || ListenPattern.Match(text) is not { Success: true } match)
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not {ListenWord}", Hint(text, "http and https"));
        var (host, isTls) = (match.Groups["host"].Value.ToLowerInvariant(), match.Groups["scheme"].Value == "https");
        if (host is not ("*" or "localhost") && !IPAddress.TryParse(host, out _))
            return Meaning.Wrong(
                $"cannot listen on the name {ScalarShape.Short(host)}",
                "write an address of this machine, localhost, or * for all; names go to match.host");
        var port = match.Groups["port"].Success
            ? int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture)
            : isTls ? 443 : 80;
        return port > IPEndPoint.MaxPort
            ? Meaning.Wrong($"the port {port} is outside 0..65535")
            : Meaning.Of(new ListenAddress(isTls, host, port));
    }

    private static Meaning ParseEndpoint(string text)
    {
        if (UrlText.HasCredentials(text))
            return Meaning.Wrong("an endpoint has no user or password in it", "leave them out: whoever reads the file would see them");
        if (text.StartsWith(UnixAddress.Scheme + ":", StringComparison.OrdinalIgnoreCase)) return ParseSocket(text);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.Host.Length == 0
            || text.Any(char.IsWhiteSpace))
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not {EndpointWord}", Hint(text, "http, https and http+unix"));
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return Meaning.Wrong("an endpoint has no query or fragment", $"write {uri.GetLeftPart(UriPartial.Path)}");
        return uri.Port is > 0 ? Meaning.Of(uri) : Meaning.Wrong("the port 0 cannot be connected to");
    }

    private static Meaning ParseSocket(string text)
    {
        if (!text[(UnixAddress.Scheme.Length + 1)..].StartsWith("///", StringComparison.Ordinal) || text.Any(char.IsWhiteSpace)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length > 0)
            return Meaning.Wrong(
                $"\"{ScalarShape.Short(text)}\" is not {SocketWord}",
                "write http+unix:// and the socket's whole path, which begins with a slash");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return Meaning.Wrong("a Unix socket has no query or fragment", "in its path ? is written %3F, and # is written %23");
        var path = UnixAddress.PathOf(uri)!;
        if (path.EndsWith('/')) return Meaning.Wrong($"{ScalarShape.Short(path)} names a directory, not a socket", $"write {SocketWord}");
        if (path.Contains('\0', StringComparison.Ordinal)) return Meaning.Wrong("a path has no %00 in it");
        var bytes = Encoding.UTF8.GetByteCount(path);
        return bytes > UnixAddress.MostBytes
            ? Meaning.Wrong(
                $"the socket's path has {bytes} bytes, and the system takes {UnixAddress.MostBytes} at most",
                "move the socket to a shorter path, or make a symbolic link to its directory")
            : Meaning.Of(uri);
    }

    private static string? Hint(string text, string schemes) =>
        !text.Contains("://", StringComparison.Ordinal) ? "begin with http:// or https://"
        : text.StartsWith("http", StringComparison.Ordinal) ? null
        : $"{schemes} are known";
}
