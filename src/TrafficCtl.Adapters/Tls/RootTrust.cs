using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Adapters.Tls;

/// <summary>Whether a certificate is issued by these roots, and by none of the system's.</summary>
public static class RootTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The certificates of a PEM file.</summary>
    /// <exception cref="InvalidDataException">There is none in it, or a damaged one.</exception>
    public static X509Certificate2Collection Parse(string text)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(text);
        }
        catch (CryptographicException fault)
        {
            throw new InvalidDataException("it holds a damaged certificate", fault);
        }

        return roots.Count > 0 ? roots : throw new InvalidDataException("there is no PEM certificate in it");
    }

    /// <summary>Why a server's certificate is not to be trusted, to follow "its certificate"; null when it is.</summary>
    internal static string? WhyNot(X509Certificate2Collection roots, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server) return "is missing";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return "is of another name";
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None) return $"has errors ({errors})";
        var policy = PolicyOf(roots);
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>()) policy.ExtraStore.Add(element.Certificate);
        return Build(policy, server).WhyNot;
    }

    /// <summary>Why a client's certificate is not to be trusted, to follow "its certificate"; null when it is.</summary>
    /// <remarks>It has to be for clients (the extended key usage clientAuth): a server's certificate is no identity.</remarks>
    /// <param name="roots">The authorities, trusted alone.</param>
    /// <param name="client">The certificate.</param>
    /// <param name="sent">What the client sent beside it.</param>
    /// <param name="at">The time for which its validity is asked.</param>
    /// <returns>With the end of the validity of the whole chain.</returns>
    public static (string? WhyNot, DateTimeOffset Until) OfClient(
        X509Certificate2Collection roots, X509Certificate2 client, X509Certificate2Collection sent, DateTimeOffset at)
    {
        var isForClients = client.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .Any(static usage => usage.EnhancedKeyUsages[ClientAuthentication] is not null);
        if (!isForClients) return ("is not for clients (no extended key usage clientAuth)", at);
        if (client.Extensions.OfType<X509BasicConstraintsExtension>().Any(static basic => basic.CertificateAuthority))
            return ("is that of an authority", at);
        var policy = PolicyOf(roots);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        policy.ExtraStore.AddRange(sent);
        policy.VerificationTime = at.UtcDateTime;
        policy.VerificationTimeIgnored = false;
        return Build(policy, client);
    }

    /// <summary>These roots alone, and no download of what a certificate names.</summary>
    public static X509ChainPolicy PolicyOf(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static (string? WhyNot, DateTimeOffset Until) Build(X509ChainPolicy policy, X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = policy };
        if (chain.Build(certificate)) return (null, chain.ChainElements.Min(static e => new DateTimeOffset(e.Certificate.NotAfter)));
        var why = chain.ChainStatus is [var first, ..] ? $"is not trusted ({first.Status})" : "is not trusted";
        return (why, DateTimeOffset.MinValue);
    }
}
