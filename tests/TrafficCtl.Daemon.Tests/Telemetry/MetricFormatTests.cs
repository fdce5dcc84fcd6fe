using Prometheus;
using TrafficCtl.Daemon.Telemetry;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

public sealed class MetricFormatTests
{
    [Theory]
    [InlineData("application/openmetrics-text")]
    [InlineData("application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")]
    [InlineData("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.6")]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
        + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2")]
    public void OpenMetrics_is_written_where_it_is_wanted_most(string accept) =>
        Assert.Equal(ExpositionFormat.OpenMetricsText, MetricFormat.For(accept));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*/*")]
    [InlineData("text/*")]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8")]
    [InlineData("application/json")]
    [InlineData("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5")]
    [InlineData("application/openmetrics-text;q=0,text/plain")]
    [InlineData("application/openmetrics-text;version=2.0.0,text/plain;q=0.3")]
    [InlineData("text/plain,application/openmetrics-text")]
    [InlineData("\u0001 nonsense;;;q=")]
    public void The_text_format_is_written_to_everybody_else(string? accept) =>
        Assert.Equal(ExpositionFormat.PrometheusText, MetricFormat.For(accept));
}
