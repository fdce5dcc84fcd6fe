namespace TrafficCtl.Core.Signals;

/// <summary>How a request ended, seen by the proxy. The order is the index into <see cref="Counts.ByOutcome"/>.</summary>
public enum Outcome
{
    Success,

    /// <summary>4xx from the upstream, or a gRPC status that blames the caller: no failure, and a signal of its own.</summary>
    ClientError,

    /// <summary>
    /// The client went away before the answer was complete; left out of n. <see cref="Counts.Abandoned"/> tells how long it waited.
    /// </summary>
    ClientAbort,

    /// <summary>Refused by the proxy before dispatch (limits, malformed); left out of n.</summary>
    Refused,

    ServerError,
    ConnectFailure,
    Reset,
    Deadline,
    InvalidResponse,

    /// <summary>gRPC status 2, 4, 8 or 12..15.</summary>
    GrpcFailure,

    /// <summary>Assigned to the candidate, served by stable for want of a live candidate endpoint.</summary>
    Spill,
}

public static class Outcomes
{
    public const int Count = (int)Outcome.Spill + 1;

    /// <summary>The upstream's fault: counts as x of n.</summary>
    public static bool IsFailure(this Outcome outcome) => outcome >= Outcome.ServerError;

    /// <summary>Dispatched and answered, well or badly: counts in n.</summary>
    public static bool IsCounted(this Outcome outcome) => outcome is not (Outcome.ClientAbort or Outcome.Refused);

    /// <summary>Enters the latency histogram: counted, and not served by the other arm.</summary>
    public static bool HasLatency(this Outcome outcome) => outcome.IsCounted() && outcome != Outcome.Spill;

    /// <summary>The metric label's value.</summary>
    public static string Label(this Outcome outcome) => outcome switch
    {
        Outcome.Success => "success",
        Outcome.ClientError => "client_error",
        Outcome.ClientAbort => "client_abort",
        Outcome.Refused => "refused",
        Outcome.ServerError => "server_error",
        Outcome.ConnectFailure => "connect_failure",
        Outcome.Reset => "reset",
        Outcome.Deadline => "deadline",
        Outcome.InvalidResponse => "invalid_response",
        Outcome.GrpcFailure => "grpc_failure",
        Outcome.Spill => "spill",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
