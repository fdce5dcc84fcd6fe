using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>
/// What several routes of one service must agree in. Kinds may be mixed: a VirtualService for the mesh and an HTTPRoute for the edge.
/// </summary>
internal static class RouteRules
{
    /// <summary>Each with its mode: the declared one, else what is usual for its kind.</summary>
    public static ImmutableArray<RoutePart> PartsOf(Value.Section root, ImmutableArray<RouteReference> routes) =>
        [.. routes.Select(r => new RoutePart(r, root.Get("mode", FormOf(r.Dialect).Mode)))];

    /// <summary>The preset that all of them stand for; null when one stands for none, or two for different ones.</summary>
    public static string? MetricsOf(ImmutableArray<RouteReference> routes) =>
        routes.Select(r => FormOf(r.Dialect).Metrics).Distinct(StringComparer.Ordinal).ToArray() is [{ } only] ? only : null;

    /// <summary>
    /// Rules of one object: only where weights are patched into it, and where nothing is made beside it that can be of one rule only.
    /// </summary>
    public static void CheckShared(Value.Section root, ImmutableArray<RoutePart> parts, Report report)
    {
        foreach (var shared in parts.GroupBy(p => (p.Route.Dialect, p.Route.Name)).Where(g => g.Count() > 1))
        {
            var (dialect, name) = shared.Key;
            var form = FormOf(dialect);
            if (!form.HasRules)
                report.Add(0, 0, "route", $"{dialect}/{name} is named twice, and such an object has no rules", "name each object once");
            else if (shared.Any(p => p.Mode == RouteMode.Owned))
            {
                report.Add(
                    0, 0, "route", $"{dialect}/{name} is named with several rules, and in mode owned the whole object is made of one",
                    "name an object for each, or set mode patch");
            }
            else if (form.RepeatsRule && root.Find("cohorts") is not null)
            {
                report.Add(
                    0, 0, "route",
                    $"{dialect}/{name} is named with several rules, and for cohorts one route is made beside it, which repeats one rule",
                    "write the rules into an object each, or leave the cohorts out");
            }
        }
    }

    private static RouteForm FormOf(string dialect) => RouteForms.All.First(f => f.Dialect == dialect);
}
