using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The checked values of an analysis section to an analysis.</summary>
internal static class AnalysisReader
{
    /// <param name="given">Null when nobody wrote one: the defaults hold.</param>
    public static Analysis Read(Value.Section? given, Report report)
    {
        var standard = Analysis.Default;
        if (given is null) return standard;
        if (given.Find("tick") is Value.Leaf { Content: TimeSpan tick } leaf && tick.Ticks % TimeSpan.TicksPerSecond != 0)
            report.Add(leaf.Node, leaf.Path, "must be whole seconds", "windows of one second are folded into it");
        return standard with
        {
            Tick = given.Get("tick", standard.Tick),
            Errors = new ErrorTolerance(
                given.Get("errors.worse-by", standard.Errors.WorseBy), given.Get("errors.then", standard.Errors.Then)),
            Latency = new LatencyTolerance(
                given.Get("latency.quantile", standard.Latency.Quantile),
                given.Get("latency.worse-by", standard.Latency.WorseBy), given.Get("latency.then", standard.Latency.Then)),
            Users = given.Find("users") is Value.Section users
                ? new UserTolerance(users.Get("worse-by", new UserTolerance().WorseBy), users.Get("then", Consequence.Rollback))
                : null,
            Metrics = [.. Metrics(given).Select(m => Read(m.Name, m.Value))],
            ErrorWarmUp = given.Get("warm-up.errors", standard.ErrorWarmUp),
            LatencyWarmUp = given.Get("warm-up.latency", standard.LatencyWarmUp),
        };
    }

    /// <summary>The metrics of the author's own, in the order of the file.</summary>
    public static IEnumerable<(string Name, Value.Section Value)> Metrics(Value.Section given)
    {
        foreach (var (name, _) in ((Node.Map)given.Node).Entries)
        {
            if (DeliverySchema.AnalysisKeys.IsOther(name.Text) && given.Fields.GetValueOrDefault(name.Text) is Value.Section metric)
                yield return (name.Text, metric);
        }
    }

    private static MetricTolerance Read(string name, Value.Section metric) => new(
        name, metric.Get("direction", Direction.Both), metric.Get("worse-by", DeliverySchema.MetricWorseBy), metric.Get("then", Consequence.Hold),
        metric.Find("limit") is Value.Leaf { Content: double limit } ? limit : null);
}
