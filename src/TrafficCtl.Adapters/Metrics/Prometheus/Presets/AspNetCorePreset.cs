using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>ASP.NET Core's own meter, scraped from the pods: an arm is its Deployment, told by the pod's name.</summary>
/// <remarks>What never reaches a pod is not in it: a service whose pods refuse connections looks idle here, not failing.</remarks>
internal sealed class AspNetCorePreset : MetricPreset
{
    public override string Name => "aspnetcore";

    public override bool CountsAtServer => true;

    public override SignalQuery Requests { get; } = new(
        "http_server_request_duration_seconds_count", "", "namespace", "pod", ["http_response_status_code", "error_type"]);

    public override SignalQuery Latency { get; } = new("http_server_request_duration_seconds_bucket", "", "namespace", "pod", [])
    {
        IsHistogram = true,
        MayBeNative = true,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        target.Slots.Select(s => PodNames.Pattern(Workload(s)));

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [$"{target.Namespace}/{Workload(slot)}"];

    public override (string? First, string? Second) KeysOf(PromLabels labels) =>
        (PodNames.WorkloadOf(labels["pod"]) is { } workload ? $"{labels["namespace"]}/{workload}" : null, null);

    public override Outcome? OutcomeOf(PromLabels labels) =>
        StatusCodes.Of(labels["http_response_status_code"]) ?? (labels["error_type"].Length > 0 ? Outcome.Reset : Outcome.ClientAbort);

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["http_response_status_code"], "");
}
