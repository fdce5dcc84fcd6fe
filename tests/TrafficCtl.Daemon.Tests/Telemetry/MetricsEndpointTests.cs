using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Daemon.Tests.Api;
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

    [Theory]
    [InlineData("nobody", HttpStatusCode.Unauthorized)]
    [InlineData("a viewer of one service", HttpStatusCode.Forbidden)]
    [InlineData("a viewer of all", HttpStatusCode.OK)]
    public async Task Another_machine_has_to_show_that_it_may_read_every_service(string who, HttpStatusCode expected)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        var now = TimeProvider.System.GetUtcNow();
        var (kept, text) = Token.Make("ci", new Grant(Role.Viewer, who == "a viewer of all" ? "*" : "checkout"), now, null);
        TokenListFile.Write(path, [kept]);
        await using var host = await ApiHost.StartAsync(
            [], path, null,
            services => services.AddSingleton<IStartupFilter, FromElsewhere>().AddSingleton(
                new MetricsPage(
                    static () => [], new Views(), new ControlMetrics(), new ConfigReloads(TimeProvider.System), new ManualClock())),
            []);
        host.Readiness.TurnOn();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (who != "nobody") request.Headers.Authorization = new("Bearer", text);
        using var answer = await host.Http.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal("ready\n", await host.Http.GetStringAsync("/readyz"));
    }
}
