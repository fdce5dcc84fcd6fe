using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Linkerd's policy metrics: what the client's proxy saw of each backend of an HTTPRoute or GRPCRoute.</summary>
internal sealed class LinkerdPreset : MetricPreset
{
    private const string Namespace = "backend_namespace", Service = "backend_name", Route = "route_name";

    public override string Name => "linkerd";

    public override SignalQuery Requests { get; } = new(
        "outbound_http_route_backend_response_statuses_total|outbound_grpc_route_backend_response_statuses_total", "", Namespace, Service,
        [Namespace, Service, Route, "http_status", "grpc_status", "error"]);

    public override SignalQuery Latency { get; } = new(
        "outbound_http_route_backend_response_duration_seconds_bucket|outbound_grpc_route_backend_response_duration_seconds_bucket", "",
        Namespace, Service,
        [Namespace, Service])
    {
        IsHistogram = true,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        target.Slots.Select(s => QueryText.Escape(s.Service));

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [$"{target.Namespace}/{slot.Service}"];

    public override (string? First, string? Second) KeysOf(PromLabels labels) => ($"{labels[Namespace]}/{labels[Service]}", null);

    public override ShareScope Scope => ShareScope.Route;

    public override bool IsOfRule(ClusterTarget target, ManagedRule? rule, PromLabels labels) =>
        labels[Route] is var route && target.Routes.Any(r => route == r.Route.Name || route == r.Route.CohortsName);

    public override Outcome? OutcomeOf(PromLabels labels)
    {
        var (error, grpc) = (labels["error"], labels["grpc_status"]);
        if (error.Contains("TIMEOUT", StringComparison.Ordinal)) return Outcome.Deadline;
        if (error is "FAIL_FAST" or "LOAD_SHED" or "CONNECT") return Outcome.ConnectFailure;
        if (error.Length > 0) return Outcome.Reset;
        if (StatusCodes.IsGrpcFailure(grpc)) return Outcome.GrpcFailure;
        if (StatusCodes.IsGrpcAbort(grpc)) return Outcome.ClientAbort;
        if (StatusCodes.ClientStatusOf(grpc) != 0) return Outcome.ClientError;
        // Neither a status nor an error: the client did not wait for one.
        return StatusCodes.Of(labels["http_status"]) ?? (grpc.Length > 0 ? Outcome.Success : Outcome.ClientAbort);
    }

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["http_status"], labels["grpc_status"]);
}
