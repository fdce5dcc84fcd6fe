namespace TrafficCtl.Cli.Invocation;

/// <summary>What shows a daemon who asks.</summary>
/// <param name="Socket">The path of its Unix socket, which the kernel vouches for; null for none.</param>
/// <param name="Token">A bearer token; null for none.</param>
internal sealed record AdminPass(string? Socket, string? Token);
