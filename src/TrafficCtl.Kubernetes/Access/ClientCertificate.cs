using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>A client certificate out of PEM, RSA or elliptic.</summary>
internal static class ClientCertificate
{
    /// <exception cref="CryptographicException">Not a certificate, or not its key.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Read(string certificate, string key)
    {
        var pair = X509Certificate2.CreateFromPem(certificate, key);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificate);
        var chain = new X509Certificate2Collection(all.Skip(1).ToArray());
        if (!OperatingSystem.IsWindows()) return (pair, chain);
        // SChannel does not accept a key that is only in memory.
        using (pair) return (X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null), chain);
    }
}

/// <summary>
/// Certificate and key in files that may be replaced: looked at again once a minute, and after a refusal. A token may go with it.
/// </summary>
internal sealed class CertificateFiles(
    Func<(string Certificate, string Key)> read, IKubeCredentials? token, TimeProvider clock) : IKubeCredentials
{
    private readonly Lock gate = new();
    private (string Certificate, string Key) text;
    private KubeCredential? last;
    private long? readAt;

    public async ValueTask<KubeCredential> GetAsync(CancellationToken stop)
    {
        var own = Own();
        return token is null ? own : own with { Header = (await token.GetAsync(stop)).Header };
    }

    public void Refuse(KubeCredential credential)
    {
        token?.Refuse(credential);
        lock (gate) readAt = null;
    }

    private KubeCredential Own()
    {
        lock (gate)
        {
            if (last is not null && readAt is { } at && clock.GetElapsedTime(at) < TokenFile.Fresh) return last;
            try
            {
                var found = read();
                if (last is null || found != text)
                {
                    var (certificate, chain) = ClientCertificate.Read(found.Certificate, found.Key);
                    (text, last) = (found, new KubeCredential(null, certificate, chain));
                }
            }
            catch (Exception e) when (e is KubeAccessException or CryptographicException && last is not null)
            {
                // Half replaced: the old one may still do.
            }
            catch (Exception e) when (e is KubeAccessException or CryptographicException)
            {
                throw new KubeException(
                    $"The client certificate cannot be read: {e.Message.TrimEnd('.')}. Nothing was asked.", null,
                    KubeException.NoCredentials, inner: e);
            }

            readAt = clock.GetTimestamp();
            return last;
        }
    }
}
