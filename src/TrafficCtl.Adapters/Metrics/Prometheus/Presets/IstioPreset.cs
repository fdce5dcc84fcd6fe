using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Istio: availability from the client's proxy, which also counts what never reached a pod; latency from the server's.</summary>
/// <remarks>
/// An arm is recognised by its workload; a request that reached none (workload <c>unknown</c>) by the Service that it was sent
/// to. gRPC failures are HTTP 200. In ambient mode the waypoint is both ends. Both by the server's proxy sees copies of
/// requests, and nothing that never reached a pod.
/// </remarks>
internal sealed class IstioPreset(string name, string requests, string latency) : MetricPreset
{
    private const string Namespace = "destination_service_namespace", Service = "destination_service_name", Workload_ =
        "destination_workload";

    public override string Name => name;

    /// <summary>The client's proxy throws the answer of a copy away before it counts; the server's does not know that it is one.</summary>
    public override bool CountsAtServer => requests == "destination";

    public override SignalQuery Requests { get; } = new(
        "istio_requests_total", $"reporter=\"{requests}\"", Namespace, Service,
        [Namespace, Service, Workload_, "response_code", "response_flags", "grpc_response_status"]);

    public override SignalQuery Latency { get; } = new(
        "istio_request_duration_milliseconds_bucket", $"reporter=\"{latency}\"", Namespace, Service, [Namespace, Service, Workload_])
    {
        IsHistogram = true,
        PerSecond = 1000,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) => Services(target).Select(QueryText.Escape);

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) =>
        [WorkloadKey(target.Namespace, Workload(slot)), TargetKey(target.Namespace, slot.Service)];

    public override (string? First, string? Second) KeysOf(PromLabels labels)
    {
        var workload = labels[Workload_];
        return (
            workload is "" or "unknown" ? null : WorkloadKey(labels[Namespace], workload),
            TargetKey(labels[Namespace], labels[Service]));
    }

    public override ShareScope Scope => CountsAtServer ? ShareScope.Workload : ShareScope.Service;

    /// <summary>
    /// The client's proxy names the Service that a rule sent to: other Services of the same pods are somebody else's way. The server's
    /// names one of those that select the pod, whichever was asked for.
    /// </summary>
    public override bool IsOfRule(ClusterTarget target, ManagedRule? rule, PromLabels labels)
    {
        if (CountsAtServer) return true;
        var service = labels[Service];
        return rule is { Services.IsEmpty: false }
            ? rule.Services.Contains(service, StringComparer.Ordinal)
            : target.Slots.Any(s => s.Service == service);
    }

    public override Outcome? OutcomeOf(PromLabels labels)
    {
        var (flags, code, grpc) = (labels["response_flags"], labels["response_code"], labels["grpc_response_status"]);
        // The client disconnected: often with code 0, and nobody's failure.
        if (Has(flags, "DC")) return Outcome.ClientAbort;
        if (Has(flags, "UT") || Has(flags, "DT") || Has(flags, "SI")) return Outcome.Deadline;
        if (Has(flags, "UF") || Has(flags, "UH") || Has(flags, "NC") || Has(flags, "URX")) return Outcome.ConnectFailure;
        if (Has(flags, "UC") || Has(flags, "UR") || Has(flags, "LR")) return Outcome.Reset;
        if (Has(flags, "UPE")) return Outcome.InvalidResponse;
        if (StatusCodes.IsGrpcFailure(grpc)) return Outcome.GrpcFailure;
        if (StatusCodes.IsGrpcAbort(grpc)) return Outcome.ClientAbort;
        if (StatusCodes.ClientStatusOf(grpc) != 0) return Outcome.ClientError;
        return StatusCodes.Of(code) ?? Outcome.Reset;
    }

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["response_code"], labels["grpc_response_status"]);

    private static bool Has(string flags, string flag) =>
        flags == flag || (flags.Length > flag.Length && flags.Split(',').Contains(flag, StringComparer.Ordinal));

    private static string WorkloadKey(string @namespace, string workload) => $"w/{@namespace}/{workload}";

    private static string TargetKey(string @namespace, string service) => $"s/{@namespace}/{service}";
}
