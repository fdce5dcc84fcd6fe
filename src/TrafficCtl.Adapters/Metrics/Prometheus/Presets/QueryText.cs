using System.Collections.Immutable;
using System.Text;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Queries in PromQL.</summary>
internal static class QueryText
{
    /// <summary>A label that only the times of the scrapes have.</summary>
    public const string Mark = "trafficctl";

    public const string TimeMark = "scraped";

    private const string Native = "_bucket";

    /// <summary>What names one process: counters are summed only within it, as a sum over processes hides that one began anew.</summary>
    public static readonly ImmutableArray<string> Process = ["job", "instance", "namespace", "pod", "cluster"];

    /// <summary>Two Prometheus that scrape the same must not count twice: the higher of both counters is the newer one.</summary>
    private const string Replicas = "prometheus_replica, replica";

    /// <summary>Raw counters of all these services at one instant, each with the time at which its process was scraped.</summary>
    /// <param name="query">The signal.</param>
    /// <param name="names">Regular expressions of <see cref="SignalQuery.Name"/>.</param>
    /// <param name="namespaces">The namespaces of the services.</param>
    /// <param name="selector">Matchers of the installation; empty for none.</param>
    public static string Counters(SignalQuery query, IEnumerable<string> names, IEnumerable<string> namespaces, string selector)
    {
        var matchers = Matchers(query, names, namespaces, selector);
        var series = Select(query.Metric, matchers);
        var plain = string.Join(", ", query.Labels.Concat(Process).Distinct(StringComparer.Ordinal));
        var by = query.IsHistogram ? $"{plain}, le" : plain;
        var text = new StringBuilder($"sum by ({by}) (max without ({Replicas}) ({series}))");
        var times = $"timestamp({series})";
        if (query.MayBeNative)
        {
            // Sums of native histograms add bucket by bucket; a maximum of them is none.
            var native = Select(query.Metric[..^Native.Length], matchers);
            text.Append($" or sum by ({plain}) ({native})");
            times += $" or timestamp({native})";
        }

        return text.Append($" or label_replace(max by ({string.Join(", ", Process)}) ({times}), \"{Mark}\", \"{TimeMark}\", \"\", \"\")")
            .ToString();
    }

    /// <summary>A value as one alternative of a regular expression, inside a string of PromQL: both backslashes that takes.</summary>
    public static string Escape(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        foreach (var c in value)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/' or '@' or ':') text.Append(c);
            else if (c is '\n') text.Append("\\n");
            else if (c is '"') text.Append("\\\"");
            else if (c is '\\') text.Append(@"\\\\");
            else if (c < 0x80) text.Append(@"\\").Append(c);
            else text.Append(c);
        }

        return text.ToString();
    }

    private static string Matchers(SignalQuery query, IEnumerable<string> names, IEnumerable<string> namespaces, string selector)
    {
        var all = new List<string>();
        if (query.Fixed.Length > 0) all.Add(query.Fixed);
        if (query.Namespace is { } label) all.Add($"{label}=~\"{string.Join('|', namespaces)}\"");
        all.Add($"{query.Name}=~\"{string.Join('|', names)}\"");
        if (selector.Length > 0) all.Add(selector);
        return string.Join(", ", all);
    }

    private static string Select(string metric, string matchers) =>
        metric.Contains('|', StringComparison.Ordinal) ? $"{{__name__=~\"{metric}\", {matchers}}}" : $"{metric}{{{matchers}}}";
}
