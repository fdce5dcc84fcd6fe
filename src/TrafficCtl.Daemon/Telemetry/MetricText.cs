using System.Globalization;
using System.Text;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>Samples in the Prometheus text format 0.0.4: grouped by metric in the catalogue's order, HELP and TYPE once.</summary>
/// <remarks>What the audience may not see is not kept, so that no writer of samples has to know of it.</remarks>
internal sealed class MetricText(MetricAudience audience = MetricAudience.ThisMachine)
{
    /// <summary>Service, environment, target.</summary>
    private const int LabelsOfKey = 3;

    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Dictionary<Metric, StringBuilder> samples = new(ReferenceEqualityComparer.Instance);

    /// <summary>One sample; the labels' values in the order of their declaration.</summary>
    public void Add(Metric metric, double value) => Append(metric, "", value, null, [], null);

    /// <summary>A sample of the process, with its own labels.</summary>
    public void AddOfProcess(Metric metric, double value, params ReadOnlySpan<string> labels) =>
        Append(metric, "", value, null, labels, null);

    /// <summary>A sample of a target: the labels of its key come first.</summary>
    public void Add(Metric metric, double value, TargetKey key, params ReadOnlySpan<string> labels) =>
        Append(metric, "", value, key, labels, null);

    /// <summary>A histogram's buckets, sum and count, of the fine buckets of <paramref name="counts"/>.</summary>
    public void Add(Metric metric, Counts counts, TargetKey key, params ReadOnlySpan<string> labels)
    {
        long sum = 0;
        var bucket = 0;
        for (var i = 0; i < LatencyBounds.Seconds.Length; i++)
        {
            for (; bucket <= LatencyBounds.LastBucket[i]; bucket++) sum += counts.Latency[bucket];
            Append(metric, "_bucket", sum, key, labels, Number(LatencyBounds.Seconds[i]));
        }

        for (; bucket < counts.Latency.Length; bucket++) sum += counts.Latency[bucket];
        Append(metric, "_bucket", sum, key, labels, "+Inf");
        Append(metric, "_sum", counts.LatencySum, key, labels, null);
        Append(metric, "_count", sum, key, labels, null);
    }

    public override string ToString()
    {
        var page = new StringBuilder();
        foreach (var metric in Metrics.All)
        {
            if (!samples.TryGetValue(metric, out var lines)) continue;
            page.Append("# HELP ").Append(metric.Name).Append(' ').Append(EscapeHelp(metric.Help)).Append('\n');
            page.Append("# TYPE ").Append(metric.Name).Append(' ').Append(TypeName(metric.Type)).Append('\n');
            page.Append(lines);
        }

        return page.ToString();
    }

    public static double Timestamp(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    private void Append(Metric metric, string suffix, double value, TargetKey? key, ReadOnlySpan<string> labels, string? le)
    {
        var first = key is null ? 0 : LabelsOfKey;
        if (first + labels.Length != metric.Labels.Length)
            throw new ArgumentException(
                $"{metric.Name} is declared with {metric.Labels.Length} labels, not {first + labels.Length}.", nameof(labels));
        if (audience == MetricAudience.Everybody && !metric.IsPublic) return;
        if (!samples.TryGetValue(metric, out var lines)) samples.Add(metric, lines = new StringBuilder());
        lines.Append(metric.Name).Append(suffix);
        var before = '{';
        if (key is { } of)
        {
            AppendLabel(lines, '{', metric.Labels[0], of.Service);
            AppendLabel(lines, ',', metric.Labels[1], of.Environment);
            AppendLabel(lines, ',', metric.Labels[2], of.Target);
            before = ',';
        }

        for (var i = 0; i < labels.Length; i++)
        {
            AppendLabel(lines, before, metric.Labels[first + i], labels[i]);
            before = ',';
        }

        if (le is not null) AppendLabel(lines, before, "le", le);
        if (before == ',' || le is not null) lines.Append('}');
        lines.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void AppendLabel(StringBuilder lines, char before, string name, string value)
    {
        lines.Append(before).Append(name).Append("=\"");
        foreach (var c in value)
        {
            if (c == '\n') lines.Append("\\n");
            else if (c is '\\' or '"') lines.Append('\\').Append(c);
            else lines.Append(c);
        }

        lines.Append('"');
    }

    private static string EscapeHelp(string help) =>
        help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string TypeName(MetricType type) => type switch
    {
        MetricType.Gauge => "gauge",
        MetricType.Counter => "counter",
        MetricType.Histogram => "histogram",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
