namespace TrafficCtl.Daemon.Api;

/// <summary>Whose call it is.</summary>
/// <param name="From">Where the call came from: an address.</param>
internal sealed record Caller(string From);
