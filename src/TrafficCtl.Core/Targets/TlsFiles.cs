namespace TrafficCtl.Core.Targets;

/// <summary>PEM files; read again on reload, and when they change.</summary>
public sealed record TlsFiles(string Cert, string Key);
