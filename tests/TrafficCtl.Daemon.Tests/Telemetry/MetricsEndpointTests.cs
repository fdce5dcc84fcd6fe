using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task The_page_is_served_to_this_machine_and_refused_to_a_rebound_name()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(
            new MetricsPage(static () => [], new Views(), new ControlMetrics(), new ConfigReloads(TimeProvider.System), new ManualClock()));
        await using var app = builder.Build();
        app.MapMetrics();
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using var answer = await client.GetAsync("/metrics");
        Assert.Equal(MetricFormat.Text, answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(1, Exposition.Parse(await answer.Content.ReadAsStringAsync()).Value("trafficctl_build_info"));

        using var wanted =
            new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Accept = { new("application/openmetrics-text") } } };
        using var open = await client.SendAsync(wanted);
        Assert.Equal(MetricFormat.OpenMetrics, open.Content.Headers.ContentType!.ToString());
        Assert.Contains("Accept", open.Headers.Vary);
        Assert.EndsWith("\n# EOF\n", await open.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Host = "evil.example" } };
        using var refused = await client.SendAsync(rebound);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }
}
