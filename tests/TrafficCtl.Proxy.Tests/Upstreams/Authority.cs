using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Tests.Upstreams;

/// <summary>A certificate authority that no system trusts, with its certificate in a file, and what it issues.</summary>
internal sealed class Authority : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-ca-");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 root;

    public Authority()
    {
        var request = new CertificateRequest($"CN=Authority {directory.Name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        System.IO.File.WriteAllText(File, root.ExportCertificatePem());
    }

    public string File => Path.Combine(directory.FullName, "ca.pem");

    /// <summary>For these names; an address is one too.</summary>
    public X509Certificate2 Issue(params string[] names)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Sign(names[0], own, names);
        using var pair = bare.CopyWithPrivateKey(own);
        // With a key that is more than a handle of this moment.
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A client's certificate and key as files.</summary>
    public TlsFiles IssueFiles(string name)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Sign(name, own, []);
        var files = new TlsFiles(Path.Combine(directory.FullName, name + ".pem"), Path.Combine(directory.FullName, name + ".key"));
        System.IO.File.WriteAllText(files.Cert, bare.ExportCertificatePem());
        System.IO.File.WriteAllText(files.Key, own.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(directory.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        root.Dispose();
        key.Dispose();
        directory.Delete(recursive: true);
    }

    private X509Certificate2 Sign(string subject, ECDsa own, string[] names)
    {
        var request = new CertificateRequest($"CN={subject}", own, HashAlgorithmName.SHA256);
        if (names.Length > 0)
        {
            var all = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (IPAddress.TryParse(name, out var address)) all.AddIpAddress(address);
                else all.AddDnsName(name);
            }

            request.CertificateExtensions.Add(all.Build());
        }

        var serial = RandomNumberGenerator.GetBytes(8);
        return request.Create(root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), serial);
    }
}
