using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>A bundle of roots in a file that may be replaced: looked at again once a minute.</summary>
internal sealed class AuthorityFile : IKubeAuthorities
{
    private readonly string path;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private X509Certificate2Collection current;
    private long readAt;

    /// <exception cref="KubeAccessException">It cannot be read now.</exception>
    public AuthorityFile(string path, TimeProvider clock, string where)
    {
        (this.path, this.clock) = (path, clock);
        try
        {
            current = Pem(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KubeAccessException($"{where}: the certificate authority {path} cannot be read: {e.Message}", e);
        }

        readAt = clock.GetTimestamp();
    }

    public X509Certificate2Collection Current
    {
        get
        {
            lock (gate)
            {
                if (clock.GetElapsedTime(readAt) < TokenFile.Fresh) return current;
                readAt = clock.GetTimestamp();
                try
                {
                    current = Pem(File.ReadAllText(path));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    // Half replaced: what was trusted a minute ago still is.
                }

                return current;
            }
        }
    }

    /// <exception cref="CryptographicException">No certificate is in it.</exception>
    public static X509Certificate2Collection Pem(string text)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(text);
        return roots.Count > 0 ? roots : throw new CryptographicException("there is no PEM certificate in it");
    }
}
