using System.Text;
using Prometheus;
using TrafficCtl.Daemon.Telemetry;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

/// <summary>Pages as text.</summary>
internal static class PageText
{
    public static string Text(this MetricText text)
    {
        using var page = new MemoryStream();
        text.WriteAsync(page, CancellationToken.None).GetAwaiter().GetResult();
        Assert.Equal(page.Length, text.Length);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    public static string Text(
        this MetricsPage metrics, MetricAudience audience = MetricAudience.ThisMachine,
        ExpositionFormat format = ExpositionFormat.PrometheusText,
        params string[] names)
    {
        using var page = metrics.WriteAsync(audience, format, names.Length == 0 ? null : names.ToHashSet(), CancellationToken.None)
            .GetAwaiter()
            .GetResult();
        return page.Text();
    }
}
