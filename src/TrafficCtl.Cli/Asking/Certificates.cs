using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Cli.Asking;

/// <summary>The certificates of a pass, read from their files.</summary>
internal static class Certificates
{
    /// <exception cref="CertificateFileException">A file cannot be read, or holds something else.</exception>
    public static SslClientAuthenticationOptions Of(AdminPass pass)
    {
        var options = new SslClientAuthenticationOptions();
        if (pass.Authorities is { } authorities) options.CertificateChainPolicy = TrustOnly(authorities);
        if (pass is { Certificate: { } certificate, Key: { } key }) options.ClientCertificateContext = ContextOf(certificate, key);
        return options;
    }

    private static X509ChainPolicy TrustOnly(string file)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        Reading(file, () => policy.CustomTrustStore.ImportFromPemFile(file));
        return policy.CustomTrustStore.Count > 0 ? policy : throw new CertificateFileException(file, "holds no certificate in PEM");
    }

    private static SslStreamCertificateContext ContextOf(string certificate, string key)
    {
        X509Certificate2? own = null;
        var all = new X509Certificate2Collection();
        Reading(certificate, () => all.ImportFromPemFile(certificate));
        // Which of the two files is wrong is not known here: a key may be of another certificate.
        Reading($"{certificate} with the key {key}", () => own = X509Certificate2.CreateFromPemFile(certificate, key));
        return SslStreamCertificateContext.Create(own!, all, offline: true);
    }

    private static void Reading(string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CertificateFileException(file, fault.Message);
        }
    }
}
