using System.Diagnostics.CodeAnalysis;
using System.Net;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>Where the admin API may listen: in the clear, on this machine only.</summary>
public static class AdminAddress
{
    /// <summary>Where the admin API listens when nothing else is said, and where the command line looks for it.</summary>
    public static readonly Uri Default = new(DaemonOptions.DefaultAdmin);

    /// <summary>The address to listen on, or what is wrong with it and what to do.</summary>
    public static bool TryParseBind(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var expected = $"an address to listen on: write it as {Default}";
        if (!AddressText.TryParse(text, expected, [Uri.UriSchemeHttp], out var uri, out problem)) return false;
        if (uri.PathAndQuery != "/")
            problem = $"\"{AddressText.Shown(text)}\" is not {expected}";
        else if (!IsLoopback(uri.Host))
            problem = $"{uri.Authority} can be reached from other machines, and the admin API has no TLS yet: "
                + "listen on 127.0.0.1, [::1] or localhost, and reach it by an SSH tunnel";
        else
            address = uri;
        return address is not null;
    }

    /// <summary>A name or address that never leaves this machine.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
