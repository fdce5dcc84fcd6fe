using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Linkerd's older metrics: by Deployment. Its latency ends at the first byte.</summary>
internal sealed class LinkerdClassicPreset : MetricPreset
{
    public override string Name => "linkerd-classic";

    public override SignalQuery Requests { get; } = new(
        "response_total", "direction=\"outbound\"", "dst_namespace", "dst_deployment",
        ["dst_namespace", "dst_deployment", "classification", "status_code", "grpc_status_code"]);

    public override SignalQuery Latency { get; } = new(
        "response_latency_ms_bucket", "direction=\"outbound\"", "dst_namespace", "dst_deployment", ["dst_namespace", "dst_deployment"])
    {
        IsHistogram = true,
        PerSecond = 1000,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        target.Slots.Select(s => QueryText.Escape(Workload(s)));

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [$"{target.Namespace}/{Workload(slot)}"];

    public override (string? First, string? Second) KeysOf(PromLabels labels) =>
        ($"{labels["dst_namespace"]}/{labels["dst_deployment"]}", null);

    public override Outcome? OutcomeOf(PromLabels labels)
    {
        if (StatusCodes.IsGrpcFailure(labels["grpc_status_code"])) return Outcome.GrpcFailure;
        if (StatusCodes.IsGrpcAbort(labels["grpc_status_code"])) return Outcome.ClientAbort;
        if (StatusCodes.ClientStatusOf(labels["grpc_status_code"]) != 0) return Outcome.ClientError;
        return StatusCodes.Of(labels["status_code"]) ?? (labels["classification"] == "success" ? Outcome.Success : Outcome.Reset);
    }

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["status_code"], labels["grpc_status_code"]);
}
