using System.Collections.Immutable;
using Prometheus;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>
/// Samples in the Prometheus text format 0.0.4 or in OpenMetrics 1.0, as UTF-8: grouped by metric in the catalogue's order, HELP and TYPE
/// once.
/// </summary>
/// <remarks>
/// What the audience may not see is not kept, so that no writer of samples has to know of it. Buffers are of the shared pool:
/// <see cref="Dispose"/> gives them back.
/// </remarks>
/// <param name="audience">Who reads it.</param>
/// <param name="format">The format of the text.</param>
/// <param name="names">The names of the metrics that are shown; null for all.</param>
internal sealed class MetricText(
    MetricAudience audience = MetricAudience.ThisMachine, ExpositionFormat format = ExpositionFormat.PrometheusText,
    IReadOnlySet<string>? names = null) : IDisposable
{
    /// <summary>Service, environment, target.</summary>
    private const int LabelsOfKey = 3;

    private readonly Dictionary<Metric, Utf8Buffer> samples = new(ReferenceEqualityComparer.Instance);

    /// <summary>The labels of the last target: many samples of it come one after the other.</summary>
    private readonly Utf8Buffer labelsOfKey = new();

    private readonly Utf8Buffer rest = new();
    private TargetKey? lastKey;

    private bool IsOpenMetrics => format == ExpositionFormat.OpenMetricsText;

    /// <summary>In bytes.</summary>
    public long Length => Parts().Sum(static part => part.Length);

    /// <summary>What comes after all metrics of the catalogue, written by somebody else in the same format.</summary>
    public Stream Rest => rest;

    /// <summary>One sample; the labels' values in the order of their declaration.</summary>
    public void Add(Metric metric, double value) => Append(metric, ""u8, value, null, [], null);

    /// <summary>A sample of the process, with its own labels.</summary>
    public void AddOfProcess(Metric metric, double value, params ReadOnlySpan<string> labels) =>
        Append(metric, ""u8, value, null, labels, null);

    /// <summary>A sample of a target: the labels of its key come first.</summary>
    public void Add(Metric metric, double value, TargetKey key, params ReadOnlySpan<string> labels) =>
        Append(metric, ""u8, value, key, labels, null);

    /// <summary>
    /// A histogram's buckets, sum and count, of the fine buckets of <paramref name="counts"/>, with sampled traces as exemplars.
    /// </summary>
    public void Add(Metric metric, Counts counts, ImmutableArray<TraceExample> examples, TargetKey key, params ReadOnlySpan<string> labels)
    {
        if (names?.Contains(metric.Name) == false) return;
        long sum = 0;
        var bucket = 0;
        var times = counts.Times;
        for (var i = 0; i <= LatencyBounds.Seconds.Length; i++)
        {
            var before = sum;
            var last = i < LatencyBounds.LastBucket.Length ? LatencyBounds.LastBucket[i] : times.Length - 1;
            for (; bucket <= last; bucket++) sum += times[bucket];
            // The bounds are folded from fine buckets: an example at an edge may be counted beside its own bucket.
            var example = IsOpenMetrics && sum > before ? ExampleIn(examples, i) : null;
            Append(metric, "_bucket"u8, sum, key, labels, LatencyBounds.Labels(IsOpenMetrics)[i], example);
        }

        Append(metric, "_sum"u8, counts.LatencySum, key, labels, null);
        Append(metric, "_count"u8, sum, key, labels, null);
    }

    public async Task WriteAsync(Stream to, CancellationToken stop)
    {
        foreach (var part in Parts())
            foreach (var piece in part.Pieces) await to.WriteAsync(piece, stop);
    }

    public void Dispose()
    {
        foreach (var (_, lines) in samples) lines.Dispose();
        samples.Clear();
        labelsOfKey.Dispose();
        rest.Dispose();
    }

    public static double Timestamp(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    private IEnumerable<Utf8Buffer> Parts()
    {
        foreach (var metric in Metrics.All)
            if (samples.TryGetValue(metric, out var lines)) yield return lines;
        yield return rest;
    }

    private static TraceExample? ExampleIn(ImmutableArray<TraceExample> examples, int bucket)
    {
        var above = bucket == 0 ? double.NegativeInfinity : LatencyBounds.Seconds[bucket - 1];
        var upTo = bucket == LatencyBounds.Seconds.Length ? double.PositiveInfinity : LatencyBounds.Seconds[bucket];
        foreach (var example in examples)
            if (example.Seconds > above && example.Seconds <= upTo) return example;
        return null;
    }

    private void Append(
        Metric metric, ReadOnlySpan<byte> suffix, double value, TargetKey? key, ReadOnlySpan<string> labels, string? le,
        TraceExample? example = null)
    {
        var first = key is null ? 0 : LabelsOfKey;
        if (first + labels.Length != metric.Labels.Length)
            throw new ArgumentException(
                $"{metric.Name} is declared with {metric.Labels.Length} labels, not {first + labels.Length}.", nameof(labels));
        if ((audience == MetricAudience.Everybody && !metric.IsPublic) || names?.Contains(metric.Name) == false) return;
        if (!samples.TryGetValue(metric, out var lines)) samples.Add(metric, lines = Begin(metric));
        lines.Append(metric.Name);
        lines.Write(suffix);
        var before = '{';
        if (key is { } of)
        {
            lines.Append(LabelsOf(metric, of));
            before = ',';
        }

        for (var i = 0; i < labels.Length; i++)
        {
            AppendLabel(lines, before, metric.Labels[first + i], labels[i]);
            before = ',';
        }

        if (le is not null) AppendLabel(lines, before, "le", le);
        if (before == ',' || le is not null) lines.Write("}"u8);
        lines.Write(" "u8);
        lines.Append(value);
        if (example is not null) Append(lines, example);
        lines.Write("\n"u8);
    }

    private Utf8Buffer Begin(Metric metric)
    {
        // In OpenMetrics a counter is named without the suffix that its samples have.
        const string total = "_total";
        var name = IsOpenMetrics && metric.Type == MetricType.Counter && metric.Name.EndsWith(total, StringComparison.Ordinal)
            ? metric.Name[..^total.Length]
            : metric.Name;
        var lines = new Utf8Buffer();
        lines.Append($"# HELP {name} {EscapeHelp(metric.Help)}\n# TYPE {name} {TypeName(metric.Type)}\n");
        return lines;
    }

    private Utf8Buffer LabelsOf(Metric metric, TargetKey key)
    {
        if (lastKey != key)
        {
            labelsOfKey.Clear();
            AppendLabel(labelsOfKey, '{', metric.Labels[0], key.Service);
            AppendLabel(labelsOfKey, ',', metric.Labels[1], key.Environment);
            AppendLabel(labelsOfKey, ',', metric.Labels[2], key.Target);
            lastKey = key;
        }

        return labelsOfKey;
    }

    private static void Append(Utf8Buffer lines, TraceExample example)
    {
        lines.Append($" # {{trace_id=\"{example.TraceId}\",span_id=\"{example.ParentId}\"}} ");
        lines.Append(example.Seconds);
        lines.Write(" "u8);
        lines.Append(Timestamp(example.At));
    }

    private static void AppendLabel(Utf8Buffer lines, char before, string name, string value)
    {
        lines.Write([(byte)before]);
        lines.Append(name);
        lines.Write("=\""u8);
        lines.Append(value.AsSpan().ContainsAny('\n', '\\', '"') ? EscapeLabel(value) : value);
        lines.Write("\""u8);
    }

    private static string EscapeLabel(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private string EscapeHelp(string help)
    {
        var text = help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return IsOpenMetrics ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private static string TypeName(MetricType type) => type switch
    {
        MetricType.Gauge => "gauge",
        MetricType.Counter => "counter",
        MetricType.Histogram => "histogram",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
