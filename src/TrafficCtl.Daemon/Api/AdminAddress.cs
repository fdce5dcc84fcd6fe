using System.Diagnostics.CodeAnalysis;
using System.Net;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>
/// Where the admin API may listen: in the clear on this machine only, with TLS everywhere, and for other machines only where it asks who
/// is there.
/// </summary>
public static class AdminAddress
{
    private const string Certificate = "--admin-tls-cert FILE --admin-tls-key FILE";

    /// <summary>Where the admin API listens when nothing else is said, and where the command line looks for it.</summary>
    public static readonly Uri Default = new(DaemonOptions.DefaultAdmin);

    /// <summary>The address to listen on, or what is wrong with it and what to do.</summary>
    public static bool TryParseBind(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var expected = $"an address to listen on: write it as {Default}";
        if (!AddressText.TryParse(text, expected, [Uri.UriSchemeHttp, Uri.UriSchemeHttps], out var uri, out problem)) return false;
        if (uri.PathAndQuery != "/")
            problem = $"\"{AddressText.Shown(text)}\" is not {expected}";
        else if (!IsLoopback(uri.Host) && uri.Scheme == Uri.UriSchemeHttp)
            problem = $"{uri.Authority} can be reached from other machines, and everybody on the way could read and change what is sent: "
                + $"write https://{uri.Authority} and add {Certificate}, or listen on 127.0.0.1, [::1] or localhost";
        else if (!IsLoopback(uri.Host) && !IPAddress.TryParse(uri.Host.Trim('[', ']'), out _))
            problem = $"{uri.Host} is a name: write an address of this machine, such as 0.0.0.0 or [::] for all of them";
        else
            address = uri;
        return address is not null;
    }

    /// <summary>What cannot be used of the options of the admin address together, and what to add; null when all can.</summary>
    /// <remarks>Whether <see cref="NobodyIsAsked"/> holds is known only once the files were read.</remarks>
    public static string? Problem(DaemonOptions options)
    {
        var (isSecure, at) = (options.Admin.Scheme == Uri.UriSchemeHttps, options.Admin.Authority);
        if (!TryParseBind(options.Admin.GetLeftPart(UriPartial.Authority), out _, out var problem)) return problem;
        if (isSecure && options.AdminTls is null) return $"https://{at} needs a certificate: add {Certificate}";
        if (!isSecure && options.AdminTls is not null) return $"a certificate of the admin API is for https: write --admin https://{at}";
        if (!isSecure && options.AdminClientCa is not null)
            return $"--admin-client-ca is for https: write --admin https://{at} and add {Certificate}";
        if (options.AdminClientCa is not null && options.Grants is null)
            return "--admin-client-ca needs --grants FILE, which says what each certificate may do";
        if (options.Oidc?.Problem() is { } unfit) return unfit;
        return options.Oidc is not null && options.Grants is null
            ? "--oidc-issuer needs --grants FILE, which says what each user or group may do"
            : null;
    }

    /// <summary>Why an address that others reach is refused where identity is not set up.</summary>
    internal static string NobodyIsAsked(Uri admin) =>
        $"{admin.Authority} can be reached from other machines, and nobody would be asked who is there: make a token "
        + "(\"trafficctl token create NAME\"; --tokens FILE names another file), or add --grants FILE with --admin-client-ca FILE or with "
        + "--oidc-issuer URL --oidc-audience NAME, or with a cluster --token-review";

    /// <summary>A name or address that never leaves this machine.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
