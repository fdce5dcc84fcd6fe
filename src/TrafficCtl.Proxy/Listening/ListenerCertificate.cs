using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Files;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Listening;

/// <summary>
/// A certificate of a listener with its key: PEM files that are followed. What is read takes effect with the next handshake.
/// </summary>
public sealed class ListenerCertificate
{
    private readonly FollowedFiles<SslServerAuthenticationOptions> followed;

    /// <param name="service">Whose it is: the beginning of messages.</param>
    /// <param name="files">The certificate's file may hold its chain.</param>
    /// <exception cref="ListenException">A file cannot be read, is no PEM, or the key is not the certificate's.</exception>
    public ListenerCertificate(string service, TlsFiles files)
    {
        (Service, Files) = (service, files);
        try
        {
            followed = new FollowedFiles<SslServerAuthenticationOptions>([files.Cert, files.Key], Make);
        }
        catch (InvalidDataException fault)
        {
            throw new ListenException(Refusal(fault.Message), fault);
        }
    }

    public string Service { get; }

    public TlsFiles Files { get; }

    /// <summary>For the next handshake.</summary>
    public SslServerAuthenticationOptions Options => followed.Current;

    /// <summary>The end of the certificate's validity, formatted.</summary>
    public string ValidUntil => InstantText.Of(new DateTimeOffset(Options.ServerCertificateContext!.TargetCertificate.NotAfter));

    /// <summary>Why the files as they are now are not in force, and what to do; null when they are.</summary>
    public string? Problem => followed.Problem is { } why
        ? $"{Refusal(why)} The former one stays in force (valid until {ValidUntil})."
        : null;

    /// <summary>As <see cref="FollowedFiles{T}.Poll"/>.</summary>
    public bool Poll() => followed.Poll();

    private string Refusal(string why) =>
        $"{Service}: the certificate {Files.Cert} with the key {Files.Key} cannot be used: {why} Name a PEM certificate and its PEM key.";

    private static SslServerAuthenticationOptions Make(ImmutableArray<byte[]> contents)
    {
        try
        {
            var certificate = Encoding.UTF8.GetString(contents[0]);
            var leaf = X509Certificate2.CreateFromPem(certificate, Encoding.UTF8.GetString(contents[1]));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                EnabledSslProtocols = SslProtocols.None,
            };
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(fault.Message, fault);
        }
    }
}
