using System.Globalization;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>What status codes mean, the same for every preset (DESIGN 5.4).</summary>
internal static class StatusCodes
{
    /// <summary>5xx is a failure, 4xx the caller's doing, 499 a client that went away; null for what is no status (0, empty).</summary>
    public static Outcome? Of(string code) => code switch
    {
        "499" => Outcome.ClientAbort,
        ['1' or '2' or '3', _, _] => Outcome.Success,
        ['4', _, _] => Outcome.ClientError,
        ['5', _, _] => Outcome.ServerError,
        _ => null,
    };

    /// <summary>
    /// UNKNOWN 2, DEADLINE_EXCEEDED 4, RESOURCE_EXHAUSTED 8, UNIMPLEMENTED 12, INTERNAL 13, UNAVAILABLE 14, DATA_LOSS 15: the server's
    /// fault. By number or by name.
    /// </summary>
    public static bool IsGrpcFailure(string status) => status is
        "2" or "4" or "8" or "12" or "13" or "14" or "15"
        or "UNKNOWN" or "DEADLINE_EXCEEDED" or "RESOURCE_EXHAUSTED" or "UNIMPLEMENTED" or "INTERNAL" or "UNAVAILABLE" or "DATA_LOSS";

    /// <summary>The HTTP status of a gRPC status that blames the caller, by number or by name; 0 of all others.</summary>
    public static int ClientStatusOf(string grpc) => grpc switch
    {
        "INVALID_ARGUMENT" => ClientStatuses.OfGrpc(3),
        "NOT_FOUND" => ClientStatuses.OfGrpc(5),
        "ALREADY_EXISTS" => ClientStatuses.OfGrpc(6),
        "PERMISSION_DENIED" => ClientStatuses.OfGrpc(7),
        "FAILED_PRECONDITION" => ClientStatuses.OfGrpc(9),
        "ABORTED" => ClientStatuses.OfGrpc(10),
        "OUT_OF_RANGE" => ClientStatuses.OfGrpc(11),
        "UNAUTHENTICATED" => ClientStatuses.OfGrpc(16),
        _ => int.TryParse(grpc, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? ClientStatuses.OfGrpc(number) : 0,
    };

    /// <summary>The status of a series of client errors; 0 where neither label has one.</summary>
    public static int ClientStatusOf(string code, string grpc) =>
        ClientStatusOf(grpc) is not 0 and var told ? told
        : int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;

    /// <summary>The client gave up: CANCELLED 1.</summary>
    public static bool IsGrpcAbort(string status) => status is "1" or "CANCELLED";
}
