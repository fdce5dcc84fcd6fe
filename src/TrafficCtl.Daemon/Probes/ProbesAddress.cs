using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.Daemon.Probes;

/// <summary>Where health, readiness and metrics are answered to other machines.</summary>
public static class ProbesAddress
{
    private const string Forms = "ADDRESS:PORT, [ADDRESS]:PORT, :PORT or http://ADDRESS:PORT, such as 0.0.0.0:9181";

    private const string Http = "http://";

    /// <summary>The address to listen on, or what is wrong with it and what to write instead.</summary>
    /// <param name="text">Without an address, or with <c>*</c>, all addresses of the machine are meant.</param>
    /// <param name="address">With a port from 1 to 65535.</param>
    /// <param name="problem">One line; does not repeat what may be a secret.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? address, [NotNullWhen(false)] out string? problem)
    {
        (address, problem) = (null, null);
        var rest = text.Trim();
        if (rest.Contains('@', StringComparison.Ordinal))
            problem = $"the probes know no users: write {Forms}";
        else if (rest.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            problem = $"\"{text}\": the probes speak plain HTTP: write {Forms}";
        if (problem is not null) return false;

        if (rest.StartsWith(Http, StringComparison.OrdinalIgnoreCase)) rest = rest[Http.Length..].TrimEnd('/');
        var colon = rest.LastIndexOf(':');
        if (colon < 0 || !TryPort(rest[(colon + 1)..], out var port))
            problem = $"\"{text}\" names no port from 1 to 65535: write {Forms}";
        else if (!TryHost(rest[..colon], out var host))
            problem = $"\"{text}\" is not an address of this machine to listen on: write {Forms}";
        else
            address = new IPEndPoint(host, port);
        return address is not null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= IPEndPoint.MaxPort;

    private static bool TryHost(string text, [NotNullWhen(true)] out IPAddress? host)
    {
        host = text switch
        {
            // A socket of any IPv6 address takes IPv4 too.
            "" or "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ when text.Equals("localhost", StringComparison.OrdinalIgnoreCase) => IPAddress.Loopback,
            ['[', .. var inner, ']'] => Parsed(inner, AddressFamily.InterNetworkV6),
            _ => Parsed(text, AddressFamily.InterNetwork),
        };
        return host is not null;
    }

    /// <summary>Null also for the short forms of IPv4 (<c>1.2</c>, <c>9181</c>), which are typing errors here.</summary>
    private static IPAddress? Parsed(string text, AddressFamily family) =>
        IPAddress.TryParse(text, out var found) && found.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || text.Count(static c => c == '.') == 3)
            ? found
            : null;
}
