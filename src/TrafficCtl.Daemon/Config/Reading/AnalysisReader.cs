using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The checked values of an analysis section to an analysis.</summary>
internal static class AnalysisReader
{
    /// <param name="given">Null when nobody wrote one: the defaults hold.</param>
    public static Analysis Read(Value.Section? given, Report report)
    {
        if (given?.Find("tick") is Value.Leaf { Content: TimeSpan tick } leaf && tick.Ticks % TimeSpan.TicksPerSecond != 0)
            report.Add(leaf.Node, leaf.Path, "must be whole seconds", "windows of one second are folded into it");
        return Over(Analysis.Default, given);
    }

    /// <summary>What is given, and <paramref name="standard"/> wherever it says nothing.</summary>
    public static Analysis Over(Analysis standard, Value.Section? given) => given is null ? standard : standard with
    {
        Tick = given.Get("tick", standard.Tick),
        Errors = new ErrorTolerance(
            given.Get("errors.worse-by", standard.Errors.WorseBy), given.Get("errors.then", standard.Errors.Then)),
        ClientErrors = new ClientErrorTolerance(
            given.Get("client-errors.worse-by", standard.ClientErrors.WorseBy),
            given.Get("client-errors.then", standard.ClientErrors.Then)),
        ResponseSize = new SizeTolerance(given.Get("response-size.factor", standard.ResponseSize.Factor)),
        Latency = new LatencyTolerance(
            given.Get("latency.quantile", standard.Latency.Quantile),
            given.Get("latency.worse-by", standard.Latency.WorseBy), given.Get("latency.then", standard.Latency.Then)),
        Users = given.Find("users") is Value.Section users ? Over(standard.Users ?? new UserTolerance(), users) : standard.Users,
        Routes = RoutesOver(standard.Routes, given),
        Metrics = Saturated(Over(standard.Metrics, Metrics(given)), given),
        ErrorWarmUp = given.Get("warm-up.errors", standard.ErrorWarmUp),
        LatencyWarmUp = given.Get("warm-up.latency", standard.LatencyWarmUp),
    };

    /// <summary>The metrics of the author's own, in the order of the file.</summary>
    public static IEnumerable<(string Name, Value.Section Value)> Metrics(Value.Section given)
    {
        foreach (var (name, _) in ((Node.Map)given.Node).Entries)
        {
            if (AnalysisSchema.Root.IsOther(name.Text) && given.Fields.GetValueOrDefault(name.Text) is Value.Section metric)
                yield return (name.Text, metric);
        }
    }

    private static RouteGrouping? RoutesOver(RouteGrouping? standard, Value.Section given)
    {
        if (given.Find("routes") is not { } routes) return standard;
        if (routes is not Value.Section) return null;
        var usual = standard ?? new RouteGrouping();
        return new RouteGrouping((int)given.Get("routes.max", (long)usual.Max), (int)given.Get("routes.depth", (long)usual.Depth));
    }

    private static UserTolerance Over(UserTolerance standard, Value.Section users) =>
        new(users.Get("worse-by", standard.WorseBy), users.Get("then", standard.Then));

    private static ImmutableArray<MetricTolerance> Over(
        ImmutableArray<MetricTolerance> standard, IEnumerable<(string Name, Value.Section Value)> given)
    {
        var metrics = standard.ToList();
        foreach (var (name, value) in given)
        {
            var at = metrics.FindIndex(m => m.Name == name);
            var metric = Over(at < 0 ? new MetricTolerance(name, Direction.Both, AnalysisSchema.MetricWorseBy) : metrics[at], value);
            if (at < 0) metrics.Add(metric);
            else metrics[at] = metric;
        }

        return [.. metrics];
    }

    private static MetricTolerance Over(MetricTolerance standard, Value.Section metric) => new(
        standard.Name, metric.Get("direction", standard.Direction), metric.Get("worse-by", standard.WorseBy),
        metric.Get("then", standard.Then),
        metric.Find("limit") is Value.Leaf { Content: double limit } ? limit : standard.Limit)
    {
        Query = metric.Get("prometheus", standard.Query),
    };

    /// <summary>After the author's own, unless one of them has the name.</summary>
    private static ImmutableArray<MetricTolerance> Saturated(ImmutableArray<MetricTolerance> metrics, Value.Section given) =>
        given.Find("saturation") is Value.Items gauges
            ? [.. metrics, .. gauges.All<SaturationMetric>()
                .Distinct()
                .Where(g => metrics.All(m => m.Name != g.Name))
                .Select(g => g.Tolerance)]
            : metrics;
}
