using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>Declarations to deliveries by the rules of delivery files: all of one, or all that is wrong with it.</summary>
/// <param name="tick">One look at the signals where nothing else is said: what is measured comes no more often than it is scraped.</param>
/// <param name="abilities">What the cluster can do, as the controller was started; everything where it is not said.</param>
/// <param name="target">The name of the targets there.</param>
public sealed class ClusterReader(
    TimeSpan? tick = null, Abilities? abilities = null, string target = TargetKey.DefaultTarget) : IDeliveryReader
{
    private readonly Abilities abilities = abilities ?? Abilities.Cluster(hasAlertmanager: true);

    public ReadDelivery Read(DeclaredService declared)
    {
        var report = new Report(declared.Origin.ToString());
        if (declared.Delivery is not null) return Finish(declared, JsonTree.Read(declared.Delivery, report), report);
        if (!declared.Keys.ContainsKey("enabled")) return Forgotten(declared);
        return Finish(declared, KeyTree.Read(declared.Keys, report), report);
    }

    private static bool SaysTick(Value.Section root) =>
        root.Find("analysis") is Value.Section analysis && analysis.Find("tick") is not null;

    private ReadDelivery Finish(DeclaredService declared, Node.Map tree, Report report)
    {
        if (tree.Entries.Any(e => e.Key.Text == "enabled" && e.Value is Node.Scalar { Text: "false" }))
            return new(null, IsOff: true, [], []);
        ImmutableArray<string> warnings = [];
        var delivery = ClusterSchema.Root.Read(tree, "", report) is Value.Section root ? Of(declared, root, report, out warnings) : null;
        return report.IsClean && delivery is not null
            ? new(delivery, IsOff: false, [], [.. warnings.Select(w => $"{declared.Origin}: {w}")])
            : new(null, IsOff: false, [.. report.All.Select(p => ProblemText.Of(declared, p))], []);
    }

    private ClusterDelivery? Of(DeclaredService declared, Value.Section root, Report report, out ImmutableArray<string> warnings)
    {
        warnings = [];
        var course = new SpecReader(root, ".", abilities, report).ReadCourse();
        if (root.Find("route") is not Value.Items named) return null;
        var routes = named.All<RouteReference>();
        var parts = RouteRules.PartsOf(root, routes);
        RouteRules.CheckShared(root, parts, report);
        var isManaged = root.Get("managed", false);
        if (isManaged) RefuseSlots(root, report);
        var stable = root.Get("stable-service", $"{declared.Service}-stable");
        var candidate = root.Get("candidate-service", isManaged ? $"{declared.Service}-candidate" : $"{declared.Service}-canary");
        if (stable == candidate)
            report.Add(0, 0, "candidate-service", $"{candidate} is the stable Service too", "a new version needs a Service of its own");
        var metrics = root.Get("metrics", RouteRules.MetricsOf(routes));
        if (metrics is null && report.IsClean)
        {
            var why = routes is [var only]
                ? $"many meshes understand {only.Dialect}"
                : "the routes are of different meshes, or of one that many understand";
            report.Add(0, 0, "metrics", $"is missing: {why}", $"add one of {string.Join(", ", ClusterSchema.Presets)}");
        }

        if (metrics is not null) warnings = ShadowRules.CheckOnCluster(root, routes, metrics, report);
        if (course is null || metrics is null) return null;
        return new ClusterDelivery
        {
            Namespace = declared.Namespace,
            Service = declared.Service,
            Environment = root.Get("environment", ServiceSpec.DefaultEnvironment),
            TargetName = target,
            Route = parts[0].Route,
            Mode = parts[0].Mode,
            Also = parts[1..],
            Drift = root.Get("drift", DriftPolicy.Auto),
            IsSplitByBucket = root.Get("split", false),
            Metrics = metrics,
            StableService = stable,
            CandidateService = candidate,
            IsManaged = isManaged,
            Identity = course.Identity,
            Cohorts = course.Cohorts,
            Plan = course.Plan,
            Analysis = tick is { } scrape && !SaysTick(root) ? course.Analysis with { Tick = scrape } : course.Analysis,
            Needs = course.Needs,
        };
    }

    private static void RefuseSlots(Value.Section root, Report report)
    {
        foreach (var key in ImmutableArray.Create("stable-service", "candidate-service"))
            if (root.Find(key) is { } given)
                report.Add(given.Node, given.Path, "the controller makes this Service in managed mode", "remove it, or managed");
    }

    /// <summary>Somebody annotated it, but did not switch it on: perhaps by a slip.</summary>
    private static ReadDelivery Forgotten(DeclaredService declared)
    {
        var meant = declared.Keys.Keys.FirstOrDefault(k => Suggest.Nearest(k, ["enabled"]) is not null);
        return new(null, IsOff: true, [], [
            $"{declared.Origin}: nothing is done without {DeclaredService.Prefix}enabled: "
                + $"\"true\"{(meant is null ? "" : $" (did you mean it by {DeclaredService.Prefix}{meant}?)")}",
        ]);
    }
}
