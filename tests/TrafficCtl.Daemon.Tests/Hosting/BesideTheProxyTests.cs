using System.Globalization;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>What is asked beside the embedded proxy: a whole daemon, and an Alertmanager and a Prometheus over HTTP.</summary>
public sealed class BesideTheProxyTests
{
    private const int Speed = 10;

    private const string Quiet = "needs: [{ quiet: [alerts] }]\n";

    private const string Firing = """[{"startsAt":"2026-11-21T06:30:00Z","labels":{"alertname":"HighErrors","service":"shop"}}]""";

    [Fact]
    public async Task A_gate_that_would_never_open_is_refused_at_the_start_and_at_a_reload()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        daemon.Deliver("v1", "v1 v2", more: Quiet);
        var problem = Assert.Single(await daemon.RefusedAsync());
        Assert.Contains("needs[0].quiet: no Alertmanager is asked here", problem, StringComparison.Ordinal);
        Assert.Contains("run --alertmanager URL", problem, StringComparison.Ordinal);

        daemon.Deliver("v1", "v1");
        await using var host = await daemon.StartAsync();
        daemon.Deliver("v1", "v1 v2", more: Quiet);
        Assert.Equal(problem, Assert.Single(await host.ReloadAsync(default)));
        Assert.Equal("v1", Assert.Single(host.Views.Find(Keys.Of("shop"))!.Spec.Versions).Version);
        Assert.Null(host.Views.Find(Keys.Of("shop"))!.Record?.Active);
    }

    [Fact]
    public async Task A_rollout_waits_while_an_alert_of_its_service_fires_and_goes_on_after()
    {
        var firing = Firing;
        await using var alertmanager = await Upstream.StartAsync(context => AnswerAsync(context, Volatile.Read(ref firing)));
        await using var daemon = await RealDaemon.PrepareAsync(clock: new HastyClock(Speed));
        await using var host = await DaemonHost.StartAsync(daemon.Options with { Alertmanager = alertmanager.Address }, default);
        daemon.Deliver("v1", "v1 v2", more: $"{Quiet}strategy: all-at-once\nwatch: 0s\nhealth: {{ every: 250ms }}");
        Assert.Empty(await host.ReloadAsync(default));

        await Eventually.TrueAsync(
            () => Reason(host).StartsWith("waits for gate alerts, which is closed: 1 alert fires: HighErrors", StringComparison.Ordinal),
            "the gate is closed");
        Assert.Equal("v1", await daemon.AskAsync(host));

        Volatile.Write(ref firing, "[]");
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))?.Newest?.Phase is Phase.Good, "the rollout went on");
        Assert.Equal("v2", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task An_alertmanager_that_does_not_answer_holds_in_words_of_its_own_and_traffic_goes_on()
    {
        await using var daemon = await RealDaemon.PrepareAsync(clock: new HastyClock(Speed));
        var nowhere = new Uri($"http://127.0.0.1:{FreePort.Take().ToString(CultureInfo.InvariantCulture)}");
        await using var host = await DaemonHost.StartAsync(daemon.Options with { Alertmanager = nowhere }, default);
        daemon.Deliver("v1", "v1 v2", more: $"{Quiet}strategy: all-at-once\nhealth: {{ every: 250ms }}");
        Assert.Empty(await host.ReloadAsync(default));
        var unknown = $"which is unknown: what fires is unknown: Alertmanager at {nowhere} cannot be asked";
        await Eventually.TrueAsync(() => Reason(host).Contains(unknown, StringComparison.Ordinal), "the gate is unknown");
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task A_metric_of_ones_own_is_asked_for_the_versions_of_the_rollout_and_judged()
    {
        const string Query = """sum by (arm) (orders{version=~"{stable}|{candidate}"})""";
        var asked = "";
        await using var prometheus = await Upstream.StartAsync(async context =>
        {
            Volatile.Write(ref asked, (await context.Request.ReadFormAsync())["query"].ToString());
            await AnswerAsync(context, """
                { "status": "success", "data": { "resultType": "vector", "result": [
                    { "metric": { "arm": "stable" }, "value": [0, "10"] }, { "metric": { "arm": "candidate" }, "value": [0, "5"] } ] } }
                """);
        });
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(clock: clock);
        await using var host = await DaemonHost.StartAsync(daemon.Options with { Prometheus = prometheus.Address }, default);
        await using var clients = new ShopClients(host.AddressOf("shop"), clock, Speed, perSecond: 10, patience: TimeSpan.FromSeconds(20));
        daemon.Deliver("v1", "v1 v2", more: $$"""
            identity: [header:x-user-id]
            rollout: [{ weights: [50, 100], hold: 1h }]
            analysis: { warm-up: { errors: 0s, latency: 0s }, orders: { direction: higher, prometheus: '{{Query}}' } }
            """);
        Assert.Empty(await host.ReloadAsync(default));

        await Eventually.TrueAsync(
            () => Finding(host).StartsWith("candidate orders × 0.5", StringComparison.Ordinal), "a minute of the metric is compared");
        Assert.Equal("sum by (arm) (orders{version=~\"v1|v2\"})", Volatile.Read(ref asked));
        Assert.Null(host.Views.Find(Keys.Of("shop"))!.MetricTrouble);
    }

    [Fact]
    public async Task A_bad_option_for_prometheus_is_refused_at_the_start()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var options = daemon.Options with
        {
            Prometheus = new Uri("http://127.0.0.1:9"),
            PrometheusTokenFile = Path.Combine(daemon.Data, "missing"),
        };
        var problem = Assert.Single(await daemon.RefusedAsync(options));
        Assert.Contains("the token for Prometheus cannot be read", problem, StringComparison.Ordinal);
    }

    private static string Reason(DaemonHost host) => host.Views.Find(Keys.Of("shop"))?.LastDecision?.Reason ?? "";

    private static string Finding(DaemonHost host) =>
        host.Views.Find(Keys.Of("shop"))?.Seen?.Judgement?.Findings.FirstOrDefault(static f => f.Signal == "orders")?.Text ?? "";

    private static Task AnswerAsync(Microsoft.AspNetCore.Http.HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, json);
    }
}
