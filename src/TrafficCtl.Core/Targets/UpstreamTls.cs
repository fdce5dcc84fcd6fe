namespace TrafficCtl.Core.Targets;

/// <summary>How https endpoints are spoken to: whom this proxy trusts, by which name, and how it proves who it is.</summary>
/// <remarks>Files are PEM; a changed one takes effect by itself.</remarks>
public sealed record UpstreamTls
{
    /// <summary>A file of root certificates that are trusted instead of the system's; null for the system's.</summary>
    public string? Authorities { get; init; }

    /// <summary>The name that is asked for (SNI), verified in the certificate and sent as Host; null for the endpoint's own.</summary>
    /// <remarks>Where the client's Host is kept, that is asked for and sent, and a certificate of either name is good.</remarks>
    public string? ServerName { get; init; }

    /// <summary>False takes any certificate: whoever is on the way can read and change everything.</summary>
    public bool IsVerified { get; init; } = true;

    /// <summary>The proxy's own certificate, for endpoints that ask for one; null for none.</summary>
    public TlsFiles? Certificate { get; init; }
}
