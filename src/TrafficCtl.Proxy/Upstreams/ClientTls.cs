using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>The TLS settings of a service's upstreams with what their files held when they were read.</summary>
internal sealed class ClientTls
{
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

    /// <summary>The files that the settings name, in the order in which <see cref="Make"/> takes them.</summary>
    public static ImmutableArray<string> FilesOf(UpstreamTls settings) =>
        [.. new[] { settings.Authorities, settings.Certificate?.Cert, settings.Certificate?.Key }.OfType<string>()];

    /// <param name="settings">With the paths of the files.</param>
    /// <param name="contents">Theirs.</param>
    /// <exception cref="InvalidDataException">One is no PEM, or the key is not the certificate's.</exception>
    public static ClientTls Make(UpstreamTls settings, ImmutableArray<byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{settings.IsVerified}\n{settings.ServerName}\n"));
        foreach (var content in contents) hash.AppendData(SHA256.HashData(content));
        var roots = settings.Authorities is { } authorities ? RootsOf(authorities, contents[0]) : null;
        var certificate = settings.Certificate is { } own ? CertificateOf(own, contents[^2], contents[^1]) : null;
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

    private static X509Certificate2Collection RootsOf(string path, byte[] content)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(Encoding.UTF8.GetString(content));
            if (roots.Count > 0) return roots;
            throw new InvalidDataException($"{path} (upstream.tls.ca): there is no PEM certificate in it.");
        }
        catch (CryptographicException fault)
        {
            throw new InvalidDataException($"{path} (upstream.tls.ca): {fault.Message}", fault);
        }
    }

    private static SslStreamCertificateContext CertificateOf(TlsFiles files, byte[] content, byte[] key)
    {
        try
        {
            var text = Encoding.UTF8.GetString(content);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(text, Encoding.UTF8.GetString(key)), chain, offline: true);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{files.Cert} with the key {files.Key} (upstream.tls.cert and .key): {fault.Message}", fault);
        }
    }
}
