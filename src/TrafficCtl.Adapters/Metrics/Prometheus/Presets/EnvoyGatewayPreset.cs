using System.Globalization;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

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
        RoutesOf(target).Select(r => r.Name).Distinct(StringComparer.Ordinal).Select(
            name => $"(?:http|grpc)route/{QueryText.Escape(target.Namespace)}/{QueryText.Escape(name)}(?:{RouteReference.CohortsEnding})?"
                + "/rule/[0-9]+/backend/[0-9]+");

    public override IEnumerable<string> Keys(ClusterTarget target, Slot slot) =>
        RoutesOf(target).SelectMany(r => new[] { r.Name, r.CohortsName }).Distinct(StringComparer.Ordinal)
            .Select(route => $"{target.Namespace}/{route}/{target.Slots.IndexOf(slot)}");

    public override (string? First, string? Second) KeysOf(PromLabels labels) =>
        labels[Cluster].Split('/') is ["httproute" or "grpcroute", var @namespace, var route, "rule", _, "backend", var index]
            ? ($"{@namespace}/{route}/{index}", null)
            : (null, null);

    public override ShareScope Scope => ShareScope.Rule;

    public override bool IsToldByRule => true;

    /// <summary>The route of the cohorts has the managed rule's backends in each of its rules.</summary>
    public override bool IsOfRule(ClusterTarget target, ManagedRule? rule, PromLabels labels)
    {
        if (rule is null || labels[Cluster].Split('/') is not [_, _, var route, _, var index, ..]) return true;
        var known = rule.Also.Where(a => a.Route == route).Select(a => a.At);
        if (route == target.Route.Name && rule.At is { } first) known = known.Append(first);
        var positions = known.Select(at => at.ToString(CultureInfo.InvariantCulture)).ToArray();
        return positions.Length == 0 || positions.Contains(index);
    }

    /// <summary>Its clusters are named after routes, so those of every route of the service count.</summary>
    private static IEnumerable<RouteReference> RoutesOf(ClusterTarget target) =>
        target.Routes.Select(r => r.Route).Where(r => r.Dialect == "gateway-api" || target.Also.IsEmpty);

    public override Outcome? OutcomeOf(PromLabels labels) => StatusCodes.Of(labels["envoy_response_code"]) ?? Outcome.Reset;

    public override int StatusOf(PromLabels labels) => StatusCodes.ClientStatusOf(labels["envoy_response_code"], "");
}
