namespace TrafficCtl.Cli.Asking;

/// <summary>What shows a daemon who asks, and what shows who the daemon is.</summary>
/// <param name="Token">A bearer token; null for none.</param>
/// <param name="Authorities">A PEM file of the authorities that vouch for the daemon; null for the system's.</param>
/// <param name="Certificate">A PEM file with the client's certificate, and the authorities between; null for none.</param>
/// <param name="Key">A PEM file with its key; there when the certificate is.</param>
internal sealed record AdminPass(
    string? Token = null, string? Authorities = null, string? Certificate = null, string? Key = null);
