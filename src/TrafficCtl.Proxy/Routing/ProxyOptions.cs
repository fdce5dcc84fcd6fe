namespace TrafficCtl.Proxy.Routing;

public enum Scheduling
{
    /// <summary>Requests run on the thread pool.</summary>
    Plain,

    /// <summary>
    /// Requests run on the sockets' own threads: a third more throughput, at the price that whatever blocks stalls all
    /// connections. Needs <c>DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1</c> before the first socket.
    /// </summary>
    Inline,
}

/// <param name="DataDirectory">Exists and is writable; holds the cookie keys. Null keeps them in memory.</param>
/// <param name="Scheduling">Where requests run.</param>
public sealed record ProxyOptions(string? DataDirectory, Scheduling Scheduling = Scheduling.Plain);
