namespace TrafficCtl.Core.Targets;

public enum UpstreamProtocol
{
    /// <summary>What the client spoke where the upstream can: HTTP/2 over TLS by ALPN, HTTP/1.1 in the clear, h2c for gRPC.</summary>
    Auto,

    /// <summary>HTTP/2 with prior knowledge in the clear.</summary>
    H2c,
}
