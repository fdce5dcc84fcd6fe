using System.Collections.Immutable;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>The presets by name.</summary>
internal static class PresetList
{
    public static readonly ImmutableArray<MetricPreset> All =
    [
        new IstioPreset("istio", requests: "source", latency: "destination"),
        new IstioPreset("istio-ambient", requests: "waypoint", latency: "waypoint"),
        new IstioPreset("istio-destination", requests: "destination", latency: "destination"),
        new LinkerdPreset(), new LinkerdClassicPreset(), new EnvoyGatewayPreset(), new IngressNginxPreset(), new TraefikPreset(),
        new AspNetCorePreset(), new TrafficCtlPreset(),
    ];

    public static MetricPreset? Find(string name) => Find(All, name);

    public static MetricPreset? Find(ImmutableArray<MetricPreset> presets, string name) => presets.FirstOrDefault(p => p.Name == name);
}
