using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>
/// ingress-nginx: both arms are of the main Ingress' Service, and <c>canary</c> names the canary's backend, empty for stable.
/// </summary>
/// <remarks>The scrape must keep the controller's own labels (<c>honor_labels: true</c>, as its ServiceMonitor has it).</remarks>
internal sealed class IngressNginxPreset : MetricPreset
{
    public override string Name => "ingress-nginx";

    public override SignalQuery Requests { get; } = new(
        "nginx_ingress_controller_requests", "", "namespace", "service", ["namespace", "ingress", "service", "canary", "status"]);

    public override SignalQuery Latency { get; } = new(
        "nginx_ingress_controller_request_duration_seconds_bucket", "", "namespace", "service", ["namespace", "service", "canary"])
    {
        IsHistogram = true,
        MayBeNative = true,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) => Services(target).Select(QueryText.Escape);

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) =>
        slot == target.Slots[0]
            ? Services(target).Where(s => target.Slots.Skip(1).All(o => o.Service != s)).Select(s => $"{target.Namespace}/{s}")
            : [$"{target.Namespace}-{slot.Service}"];

    /// <summary>The canary's backend is <c>namespace-service-port</c>.</summary>
    public override (string? First, string? Second) KeysOf(PromLabels labels)
    {
        var canary = labels["canary"];
        return canary.Length == 0
            ? ($"{labels["namespace"]}/{labels["service"]}", null)
            : (canary[..Math.Max(0, canary.LastIndexOf('-'))], null);
    }

    public override ShareScope Scope => ShareScope.Route;

    /// <summary>The requests of a canary are of the main Ingress too.</summary>
    public override bool IsOfRule(ClusterTarget target, ManagedRule? rule, PromLabels labels) =>
        labels["ingress"] is var ingress && target.Routes.Any(r => r.Route.Name == ingress);

    public override Outcome? OutcomeOf(PromLabels labels) => StatusCodes.Of(labels["status"]) ?? Outcome.Reset;

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["status"], "");
}
