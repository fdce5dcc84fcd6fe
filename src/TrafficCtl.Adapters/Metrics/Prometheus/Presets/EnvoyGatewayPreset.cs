using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Envoy Gateway: by cluster, of which each backend of a rule must have its own.</summary>
/// <remarks>
/// Weighted backends of one rule are one cluster <c>httproute/ns/name/rule/i</c> unless a backend has a filter of its own
/// (a no-op <c>ResponseHeaderModifier</c> is enough): then they are <c>…/rule/i/backend/j</c>, in the order of the
/// slots. A merged cluster tells no arm and is nobody's.
/// </remarks>
internal sealed class EnvoyGatewayPreset : MetricPreset
{
    private const string Cluster = "envoy_cluster_name";

    public override string Name => "envoy-gateway";

    public override SignalQuery Requests { get; } = new("envoy_cluster_upstream_rq", "", null, Cluster, [Cluster, "envoy_response_code"]);

    public override SignalQuery Latency { get; } = new("envoy_cluster_upstream_rq_time_bucket", "", null, Cluster, [Cluster])
    {
        IsHistogram = true,
        PerSecond = 1000,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        [$"(?:http|grpc)route/{QueryText.Escape(target.Namespace)}/{QueryText.Escape(target.Route.Name)}/rule/[0-9]+/backend/[0-9]+"];

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) =>
        [$"{target.Namespace}/{target.Route.Name}/{target.Slots.IndexOf(slot)}"];

    public override (string? First, string? Second) KeysOf(PromLabels labels) =>
        labels[Cluster].Split('/') is ["httproute" or "grpcroute", var @namespace, var route, "rule", _, "backend", var index]
            ? ($"{@namespace}/{route}/{index}", null)
            : (null, null);

    public override Outcome? OutcomeOf(PromLabels labels) => StatusCodes.Of(labels["envoy_response_code"]) ?? Outcome.Reset;
}
