using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Proxy.Routing.Listening;

/// <summary>A listener's certificates: read again on reload, and in force from the next handshake on.</summary>
internal sealed class ListenerTls(CertificateTable first)
{
    private CertificateTable current = first;

    public CertificateTable Current => Volatile.Read(ref current);

    public void Use(CertificateTable certificates) => Volatile.Write(ref current, certificates);

    public TlsHandshakeCallbackOptions Options => new()
    {
        OnConnection = asked => ValueTask.FromResult(Volatile.Read(ref current).For(asked.ClientHelloInfo.ServerName)),
    };

    /// <param name="service">Named in the error.</param>
    /// <param name="files">PEM files; the certificate's may hold its chain.</param>
    /// <exception cref="ListenException">A file cannot be read, is no PEM, or the key is not the certificate's.</exception>
    public static SslServerAuthenticationOptions Load(string service, TlsFiles files)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPemFile(files.Cert, files.Key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(files.Cert);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                EnabledSslProtocols = SslProtocols.None,
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ListenException(
                $"{service}: the certificate {files.Cert} with the key {files.Key} cannot be used: {fault.Message} Name a PEM certificate and its PEM key.", fault);
        }
    }
}
