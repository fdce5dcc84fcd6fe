using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.TestKit;

/// <summary>Certificates made for one test.</summary>
public sealed class Pki : IDisposable
{
    private readonly RSA rootKey = RSA.Create(2048);
    private int serial;

    /// <param name="name">The name of the authority.</param>
    /// <param name="around">The time for which its certificates are valid, from a day before to nine days after; null for now.</param>
    public Pki(string name = "root", DateTimeOffset? around = null)
    {
        var middle = around ?? DateTimeOffset.UtcNow;
        (From, Until) = (middle.AddDays(-1), middle.AddDays(9));
        Root = AuthorityRequest(name).CreateSelfSigned(From, Until);
    }

    private Pki(string name, Pki parent)
    {
        (From, Until) = (parent.From, parent.Until);
        using var signed = AuthorityRequest(name).Create(parent.Root, From, Until, [(byte)++parent.serial]);
        Root = signed.CopyWithPrivateKey(rootKey);
    }

    public DateTimeOffset From { get; }

    public DateTimeOffset Until { get; }

    public X509Certificate2 Root { get; }

    public string RootPem => Root.ExportCertificatePem();

    /// <summary>A certificate for the loopback addresses, or for one name.</summary>
    public X509Certificate2 Server(string? name = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (name is null) names.AddIpAddress(IPAddress.Loopback);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var signed = request.Create(Root, From, Until, [(byte)++serial]);
        return X509CertificateLoader.LoadPkcs12(
            signed.CopyWithPrivateKey(key).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>A certificate for a person, with an elliptic key as openssl writes it, or an RSA one.</summary>
    public (string Certificate, string Key) Client(string name, bool isElliptic)
    {
        using AsymmetricAlgorithm key = isElliptic ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var request = key is ECDsa ec
            ? new CertificateRequest("CN=" + name, ec, HashAlgorithmName.SHA256)
            : new CertificateRequest("CN=" + name, (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var signed = request.Create(
            Root.SubjectName, X509SignatureGenerator.CreateForRSA(rootKey, RSASignaturePadding.Pkcs1), From, Until, [(byte)++serial]);
        return (signed.ExportCertificatePem(), key is ECDsa e ? e.ExportECPrivateKeyPem() : ((RSA)key).ExportRSAPrivateKeyPem());
    }

    /// <summary>An authority between this one and its certificates.</summary>
    public Pki Intermediate(string name) => new(name, this);

    /// <summary>A certificate that a client of a test shows.</summary>
    /// <param name="subject">Such as <c>CN=ana</c>; may be empty.</param>
    /// <param name="usage">The extended key usage: <c>client</c>, <c>server</c>; empty for none.</param>
    /// <param name="uris">The alternative names.</param>
    /// <param name="until">The end of its validity; null for that of the authority.</param>
    public X509Certificate2 Shown(string subject, string usage = "client", string[]? uris = null, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (usage.Length > 0)
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([new Oid(usage == "client" ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], false));
        if (uris is { Length: > 0 })
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var uri in uris) names.AddUri(new Uri(uri));
            request.CertificateExtensions.Add(names.Build());
        }

        using var signed = request.Create(
            Root.SubjectName, X509SignatureGenerator.CreateForRSA(rootKey, RSASignaturePadding.Pkcs1), From, until ?? Until,
            [(byte)++serial]);
        return X509CertificateLoader.LoadPkcs12(
            signed.CopyWithPrivateKey(key).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose()
    {
        rootKey.Dispose();
        Root.Dispose();
    }

    private CertificateRequest AuthorityRequest(string name)
    {
        var request = new CertificateRequest("CN=" + name, rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }
}
