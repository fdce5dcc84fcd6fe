using System.Globalization;
using Prometheus;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Signals;
using Xunit;
using Catalogue = TrafficCtl.Daemon.Telemetry.Metrics;

namespace TrafficCtl.Daemon.Tests.Telemetry;

/// <summary>Where OpenMetrics differs from the text format.</summary>
public sealed class OpenMetricsTests
{
    private const string Duration = "trafficctl_proxy_request_duration_seconds", Trace = "0af7651916cd43dd8448eb211c80319c", Span =
        "b7ad6b7169203331";

    private static readonly TargetKey Shop = new("shop", "default");

    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_counter_is_named_without_the_suffix_of_its_samples()
    {
        var lines = Lines(text => text.Add(Catalogue.Spilled, 7, Shop));
        Assert.StartsWith("# HELP trafficctl_spilled Requests", lines[0], StringComparison.Ordinal);
        Assert.Equal("# TYPE trafficctl_spilled counter", lines[1]);
        Assert.Equal("trafficctl_spilled_total{service=\"shop\",environment=\"default\",target=\"default\"} 7", lines[2]);
    }

    [Fact]
    public void Bounds_are_written_as_floats()
    {
        var counts = new Counts();
        var bounds = Lines(text => text.Add(Catalogue.Duration, counts, [], Shop, "stable"))
            .Where(l => l.StartsWith(Duration + "_bucket", StringComparison.Ordinal))
            .Select(l => l.Split("le=\"")[1].Split('"')[0])
            .ToList();
        Assert.Equal(LatencyBounds.Seconds.Length + 1, bounds.Count);
        Assert.All(bounds[..^1], b => Assert.Contains('.', b));
        Assert.Equal(LatencyBounds.Seconds, bounds[..^1].Select(b => double.Parse(b, CultureInfo.InvariantCulture)));
        Assert.Equal("+Inf", bounds[^1]);
    }

    [Fact]
    public void A_sampled_trace_is_an_exemplar_of_its_bucket_and_of_no_other_format()
    {
        var counts = new Counts { LatencySum = 0.02 };
        counts.Latency[LatencyBounds.LastBucket[5]] = 2;
        TraceExample[] examples = [new(Trace, Span, 0.0098, At), new(Trace, Span, 120, At)];
        var line = Assert.Single(
            Lines(text => text.Add(Catalogue.Duration, counts, [.. examples], Shop, "stable")),
            l => l.Contains(" # ", StringComparison.Ordinal));
        Assert.Equal(
            $$"""{{Duration}}_bucket{service="shop",environment="default",target="default",arm="stable",le="0.01"} 2 # {trace_id="{{Trace}}",span_id="{{Span}}"} 0.0098 1767225600""",
            line);

        using var plain = new MetricText();
        plain.Add(Catalogue.Duration, counts, [.. examples], Shop, "stable");
        Assert.DoesNotContain("trace_id", plain.Text(), StringComparison.Ordinal);
    }

    private static string[] Lines(Action<MetricText> add)
    {
        using var text = new MetricText(format: ExpositionFormat.OpenMetricsText);
        add(text);
        return text.Text().TrimEnd('\n').Split('\n');
    }
}
