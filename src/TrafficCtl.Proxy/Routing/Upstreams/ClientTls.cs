using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Proxy.Routing.Upstreams;

/// <summary>The TLS settings of a service's upstreams with what their files held when they were read.</summary>
internal sealed class ClientTls
{
    private const int MostBytes = 1 << 20;

    private readonly bool isVerified;
    private readonly X509Certificate2Collection? trustedRoots;
    private readonly SslStreamCertificateContext? ownCertificate;

    private ClientTls(UpstreamTls settings, X509Certificate2Collection? roots, SslStreamCertificateContext? certificate, string fingerprint)
    {
        (isVerified, trustedRoots, ownCertificate) = (settings.IsVerified, roots, certificate);
        (ServerName, Fingerprint) = (settings.ServerName, fingerprint);
    }

    /// <summary>The name to ask for; null for the endpoint's own.</summary>
    public string? ServerName { get; }

    /// <summary>Names the settings and the contents of the files: connections that were opened by others are not used.</summary>
    public string Fingerprint { get; }

    /// <param name="service">Named in the error.</param>
    /// <param name="settings">With the paths of the files.</param>
    /// <exception cref="ListenException">A file cannot be read, is no PEM, or the key is not the certificate's.</exception>
    public static ClientTls Load(string service, UpstreamTls settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{settings.IsVerified}\n{settings.ServerName}\n"));
        var roots = settings.Authorities is { } authorities ? RootsOf(service, authorities, hash) : null;
        var certificate = settings.Certificate is { } own ? CertificateOf(service, own, hash) : null;
        return new ClientTls(settings, roots, certificate, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>For one client; the name to ask for is the caller's to set.</summary>
    /// <param name="also">A certificate of one of these names is good too.</param>
    public SslClientAuthenticationOptions NewOptions(ImmutableArray<string> also)
    {
        var options = new SslClientAuthenticationOptions { ClientCertificateContext = ownCertificate };
        if (!isVerified || !also.IsEmpty)
            options.RemoteCertificateValidationCallback = (_, shown, _, errors) => !isVerified || IsGood(shown, errors, also);
        if (trustedRoots is not null) options.CertificateChainPolicy = Policy(trustedRoots);
        return options;
    }

    private static bool IsGood(X509Certificate? shown, SslPolicyErrors errors, ImmutableArray<string> names) =>
        errors == SslPolicyErrors.None
        || (errors == SslPolicyErrors.RemoteCertificateNameMismatch && shown is X509Certificate2 certificate
            && names.Any(name => certificate.MatchesHostname(name)));

    private static X509ChainPolicy Policy(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // As where the system's authorities are trusted.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static X509Certificate2Collection RootsOf(string service, string path, IncrementalHash hash)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(Text(path, hash));
            return roots.Count > 0 ? roots : throw new InvalidDataException("there is no PEM certificate in it");
        }
        catch (Exception fault) when (IsOfFile(fault))
        {
            throw new ListenException(
                $"{service}: the file of certificate authorities {path} (upstream.tls.ca) cannot be used: {Why(fault)}. "
                + "Name a file of root certificates in PEM, which begin with -----BEGIN CERTIFICATE-----.", fault);
        }
    }

    private static SslStreamCertificateContext CertificateOf(string service, TlsFiles files, IncrementalHash hash)
    {
        try
        {
            var (text, key) = (Text(files.Cert, hash), Text(files.Key, hash));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(text, key), chain, offline: true);
        }
        catch (Exception fault) when (IsOfFile(fault))
        {
            throw new ListenException(
                $"{service}: the client certificate {files.Cert} with the key {files.Key} (upstream.tls.cert and .key) cannot be used: "
                + $"{Why(fault)}. Name a PEM certificate and its PEM key without a passphrase.", fault);
        }
    }

    /// <exception cref="InvalidDataException">There is none, or it is no file. The message completes a sentence.</exception>
    private static string Text(string path, IncrementalHash hash)
    {
        var bytes = PlainFile.Read(path, MostBytes) ?? throw new InvalidDataException($"there is no file {path}");
        hash.AppendData(SHA256.HashData(bytes));
        return Encoding.UTF8.GetString(bytes);
    }

    private static bool IsOfFile(Exception fault) =>
        fault is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException or ArgumentException;

    private static string Why(Exception fault) => fault.Message.TrimEnd('.');
}
