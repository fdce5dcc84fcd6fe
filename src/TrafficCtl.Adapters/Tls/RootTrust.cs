using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Adapters.Tls;

/// <summary>Whether a server's certificate is issued by these roots, and by none of the system's.</summary>
internal static class RootTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Why it is not to be trusted, to follow "its certificate"; null when it is.</summary>
    public static string? WhyNot(X509Certificate2Collection roots, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server) return "is missing";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return "is of another name";
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None) return $"has errors ({errors})";
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (own.Build(server)) return null;
        return own.ChainStatus is [var first, ..] ? $"is not trusted ({first.Status})" : "is not trusted";
    }
}
