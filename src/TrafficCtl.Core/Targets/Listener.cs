namespace TrafficCtl.Core.Targets;

/// <summary>Where requests come in. Services may share one when their matches do not overlap and their tls is the same.</summary>
/// <param name="Host">An address, <c>localhost</c>, or <c>*</c> for all addresses.</param>
/// <param name="Port">1..65535; 0 asks for a free one.</param>
/// <param name="Tls">Null for cleartext (HTTP/1.1 and h2c on the same port).</param>
public sealed record Listener(string Host, int Port, TlsFiles? Tls)
{
    /// <summary>Each connection begins with a header of the PROXY protocol, version 1 or 2; one that does not is closed.</summary>
    public bool IsProxied { get; init; }

    public override string ToString() => $"{(Tls is null ? "http" : "https")}://{Host}:{Port}";
}
