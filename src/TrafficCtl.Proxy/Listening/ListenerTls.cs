using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace TrafficCtl.Proxy.Listening;

/// <summary>A listener's certificates: what is chosen here is in force from the next handshake on.</summary>
internal sealed class ListenerTls(CertificateTable first)
{
    private CertificateTable current = first;

    public CertificateTable Current => Volatile.Read(ref current);

    public void Use(CertificateTable certificates) => Volatile.Write(ref current, certificates);

    public TlsHandshakeCallbackOptions Options => new()
    {
        OnConnection = asked => ValueTask.FromResult(Volatile.Read(ref current).For(asked.ClientHelloInfo.ServerName)),
    };
}
