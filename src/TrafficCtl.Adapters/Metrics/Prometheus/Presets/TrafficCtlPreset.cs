using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>trafficctl's own proxies, which tell the arm themselves.</summary>
internal sealed class TrafficCtlPreset : MetricPreset
{
    private static readonly Dictionary<string, Outcome> ByLabel = Enum.GetValues<Outcome>().ToDictionary(
        o => o.Label(), StringComparer.Ordinal);

    public override string Name => "trafficctl";

    public override SignalQuery Requests { get; } = new(
        "trafficctl_proxy_requests_total", "", null, "service", ["service", "arm", "outcome"]);

    public override SignalQuery Latency { get; } = new(
        "trafficctl_proxy_request_duration_seconds_bucket", "", null, "service", ["service", "arm"])
    {
        IsHistogram = true,
        MayBeNative = true,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) => [QueryText.Escape(service)];

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [];

    public override string? KeyOf(string service, Arm arm) => $"{service}/{(arm == Arm.Stable ? "stable" : "candidate")}";

    public override (string? First, string? Second) KeysOf(PromLabels labels) => ($"{labels["service"]}/{labels["arm"]}", null);

    public override ShareScope Scope => ShareScope.Rule;

    public override Outcome? OutcomeOf(PromLabels labels) => ByLabel.TryGetValue(labels["outcome"], out var outcome) ? outcome : null;
}
