using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus.Presets;

/// <summary>
/// A preset that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.
/// </summary>
internal sealed class PlainPreset : MetricPreset
{
    public override string Name => "plain";

    public override SignalQuery Requests { get; } = new("plain_requests_total", "", null, "service", ["service", "code"]);

    public override SignalQuery Latency { get; } =
        new("plain_request_seconds_bucket", "", null, "service", ["service"]) { IsHistogram = true };

    public override IEnumerable<string> Names(string service, ClusterTarget target) =>
        target.Slots.Select(s => QueryText.Escape(s.Service));

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) => [slot.Service];

    public override (string? First, string? Second) KeysOf(PromLabels labels) => (labels["service"], null);

    public override Outcome? OutcomeOf(PromLabels labels) => StatusCodes.Of(labels["code"]);
}
