using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Mesh.Keeping;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Who can send copies of requests to a candidate, and who counts them.</summary>
internal static class ShadowRules
{
    private static readonly string Able = string.Join(" or ", MeshServices.Mirroring.Select(d => $"{d}/…"));
    private static readonly string Counting = string.Join(" or ", PrometheusPresets.CountingCopies);

    public static void RefuseInProxy(Value.Section root, Abilities abilities, Report report)
    {
        if (abilities.LackOf(Ability.Shadow) is not { } lack) return;
        foreach (var shadow in Shadows(root)) report.Add(shadow.Node, shadow.Path, lack.Why, lack.Remedy);
    }

    /// <returns>What is right and perhaps not meant.</returns>
    public static ImmutableArray<string> CheckOnCluster(
        Value.Section root, ImmutableArray<RouteReference> routes, string metrics, Report report)
    {
        var shadows = Shadows(root);
        if (shadows.IsEmpty) return [];
        var isLinkerd = metrics.StartsWith("linkerd", StringComparison.Ordinal);
        var unable = routes.FirstOrDefault(r => !MeshServices.Mirroring.Contains(r.Dialect))?.Dialect;
        if (isLinkerd || unable is not null)
        {
            foreach (var shadow in shadows)
                report.Add(
                    shadow.Node, shadow.Path, $"{(isLinkerd ? "Linkerd" : unable)} sends no copies of requests",
                    $"leave the step out; shadow steps work with a route {Able}, and not on Linkerd");
            return [];
        }

        if (PrometheusPresets.CountingCopies.Contains(metrics)) return [];
        foreach (var least in Steps(root).Where(s => s.Find("shadow") is not null).Select(s => s.Find("at-least")).OfType<Value>())
            report.Add(
                least.Node, least.Path, $"the metrics {metrics} do not count copies of requests, so this is never met",
                $"leave it out, or measure by {Counting}");
        return [$"the metrics {metrics} do not count copies of requests: a shadow step lasts its hold and nothing is judged by it; "
            + $"measure by {Counting} to have them compared"];
    }

    private static ImmutableArray<Value> Shadows(Value.Section root) => [.. Steps(root).Select(s => s.Find("shadow")).OfType<Value>()];

    private static IEnumerable<Value.Section> Steps(Value.Section root) =>
        root.Find("rollout") is Value.Items steps ? steps.All.OfType<Value.Section>() : [];
}
