using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Traefik: by its own service, <c>namespace-service-port@provider</c>.</summary>
internal sealed class TraefikPreset : MetricPreset
{
    public override string Name => "traefik";

    public override SignalQuery Requests { get; } = new(
        "traefik_service_requests_total", "", null, "service", ["service", "code", "method"]);

    public override SignalQuery Latency { get; } = new("traefik_service_request_duration_seconds_bucket", "", null, "service", ["service"])
    {
        IsHistogram = true,
        MayBeNative = true,
    };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        target.Slots.Select(s => $"{QueryText.Escape($"{target.Namespace}-{s.Service}")}-[a-z0-9]+@kubernetes[a-z]*");

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [$"{target.Namespace}-{slot.Service}"];

    public override (string? First, string? Second) KeysOf(PromLabels labels)
    {
        var name = labels["service"];
        var provider = name.IndexOf('@', StringComparison.Ordinal);
        if (provider < 0) return (null, null);
        var port = name.LastIndexOf('-', provider);
        return (port > 0 ? name[..port] : null, null);
    }

    public override ShareScope Scope => ShareScope.Service;

    public override Outcome? OutcomeOf(PromLabels labels) => StatusCodes.Of(labels["code"]) ?? Outcome.ClientAbort;

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["code"], "");
}
