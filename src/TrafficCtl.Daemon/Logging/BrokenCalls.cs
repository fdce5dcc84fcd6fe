using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace TrafficCtl.Daemon.Logging;

/// <summary>
/// Callers that break their connection while the server of gRPC reads their message: no fault, and nothing to write down.
/// </summary>
/// <remarks>
/// The server writes them as an error of the method, with a trace, where it sees the broken stream before the token of the call is
/// cancelled. Anybody who can connect could fill the log so.
/// </remarks>
internal static class BrokenCalls
{
    private const string Category = "Grpc.AspNetCore.Server.ServerCallHandler";

    public static bool Is<TState>(in LogEntry<TState> entry)
    {
        if (entry.Category != Category) return false;
        for (var fault = entry.Exception; fault is not null; fault = fault.InnerException)
            if (fault is ConnectionAbortedException or ConnectionResetException) return true;
        return false;
    }
}
