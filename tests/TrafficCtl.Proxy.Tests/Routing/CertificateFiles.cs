using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>A self-signed certificate and its key as PEM files.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-tls-");

    public CertificateFiles(string name) => Write(name);

    public TlsFiles Files => new(Path.Combine(directory.FullName, "cert.pem"), Path.Combine(directory.FullName, "key.pem"));

    public void Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Files.Cert, certificate.ExportCertificatePem());
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => directory.Delete(recursive: true);
}
