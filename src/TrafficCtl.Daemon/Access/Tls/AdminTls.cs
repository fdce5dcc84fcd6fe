using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Listening;

namespace TrafficCtl.Daemon.Access.Tls;

/// <summary>TLS of the admin address: the server's certificate, and who shows one of a client. What files say is in force from the next
/// handshake on.</summary>
internal sealed class AdminTls : IFollowedFile
{
    private readonly ListenerCertificate certificate;
    private readonly TimeProvider clock;

    /// <param name="files">The server's certificate and key.</param>
    /// <param name="clientCa">The file of the authorities of client certificates; null asks for none.</param>
    /// <param name="clock">The clock of the process.</param>
    /// <exception cref="TrafficCtl.Proxy.Settings.ListenException">The certificate cannot be used.</exception>
    /// <exception cref="InvalidDataException">The authorities cannot be used.</exception>
    public AdminTls(TlsFiles files, string? clientCa, TimeProvider clock)
    {
        this.clock = clock;
        certificate = new ListenerCertificate("the admin API", files);
        if (clientCa is not null) Authorities = new ClientAuthorities(clientCa);
    }

    /// <summary>Null where client certificates say nothing.</summary>
    public ClientAuthorities? Authorities { get; }

    public string Source => "admin-tls";

    public string? Problem => certificate.Problem;

    public string Renewed =>
        $"the admin API: the certificate {certificate.Files.Cert} was changed and is in force for new connections "
        + $"(valid until {certificate.ValidUntil})";

    public bool Poll() => certificate.Poll();

    /// <summary>The certificate in force has that name, or address.</summary>
    public bool IsNamed(string host)
    {
        var bare = host.Trim('[', ']');
        return Uri.CheckHostName(bare) != UriHostNameType.Unknown
            && certificate.Options.ServerCertificateContext!.TargetCertificate.MatchesHostname(bare);
    }

    /// <summary>For the handshakes of a listener.</summary>
    /// <param name="within">The longest that one may take.</param>
    /// <param name="refused">Told from where a client came whose certificate is refused, and why.</param>
    public TlsHandshakeCallbackOptions Handshakes(TimeSpan within, Action<string, string> refused) => new()
    {
        HandshakeTimeout = within,
        OnConnection = asked =>
        {
            asked.Connection.Features.Set(this);
            return ValueTask.FromResult(
                Authorities is null ? certificate.Options : Asking(Authorities, asked.Connection, refused));
        },
    };

    private SslServerAuthenticationOptions Asking(
        ClientAuthorities authorities, BaseConnectionContext connection, Action<string, string> refused)
    {
        var common = certificate.Options;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = common.ServerCertificateContext,
            ApplicationProtocols = common.ApplicationProtocols,
            EnabledSslProtocols = common.EnabledSslProtocols,
            // It is asked for; who shows none may show a token.
            ClientCertificateRequired = true,
            // A resumed session would bring the certificate of a handshake that is long over.
            AllowTlsResume = false,
            CertificateChainPolicy = RootTrust.PolicyOf(authorities.Roots),
            RemoteCertificateValidationCallback = (_, shown, chain, _) =>
                shown is null || IsGood(authorities, connection, (X509Certificate2)shown, chain, refused),
        };
    }

    private bool IsGood(
        ClientAuthorities authorities, BaseConnectionContext connection, X509Certificate2 shown, X509Chain? chain,
        Action<string, string> refused)
    {
        var sent = new X509Certificate2Collection();
        foreach (var beside in chain?.ChainPolicy.ExtraStore ?? [])
            sent.Add(X509CertificateLoader.LoadCertificate(beside.RawData));
        var certificateShown = new ShownCertificate(authorities, X509CertificateLoader.LoadCertificate(shown.RawData), sent);
        var (name, why) = certificateShown.Verify(clock.GetUtcNow());
        if (name is null)
        {
            refused((connection.RemoteEndPoint as System.Net.IPEndPoint)?.Address.ToString() ?? "unknown", $"its certificate {why}");
            return false;
        }

        connection.Features.Set(certificateShown);
        return true;
    }
}
