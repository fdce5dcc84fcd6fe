using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class QueriedMetricsTests : IDisposable
{
    private const string Query = "sum by (arm) (orders{version=~\"{stable}|{candidate}\"})";

    private static readonly MetricPair Half = new(10, 5);

    private readonly ManualClock clock = new();
    private readonly Counters counters = new();
    private readonly ScriptedHttp http;
    private readonly QueriedMetrics metrics;
    private Func<HttpResponseMessage> answer = static () => Vector("10", "5");
    private ImmutableArray<QueriedRollout> rollouts = [Rollout("shop-default-1", "v2")];

    public QueriedMetricsTests()
    {
        http = new ScriptedHttp(_ => answer());
        metrics = new QueriedMetrics(
            counters, new HttpMessageInvoker(http), new PrometheusOptions(new Uri("http://p:9090")), () => rollouts, clock,
            NullLogger<QueriedMetrics>.Instance);
    }

    [Fact]
    public async Task Puts_the_newest_values_beside_the_counters_and_asks_once_a_minute()
    {
        Assert.Empty((await ReadAsync()).Metrics);
        await metrics.RoundAsync(default);
        Assert.Equal([Half], (await ReadAsync()).Metrics);
        Assert.Contains(Uri.EscapeDataString("v1|v2"), Assert.Single(http.Bodies), StringComparison.OrdinalIgnoreCase);

        clock.Advance(TimeSpan.FromSeconds(45));
        await metrics.RoundAsync(default);
        Assert.Single(http.Bodies);
        clock.Advance(TimeSpan.FromSeconds(15));
        await metrics.RoundAsync(default);
        Assert.Equal(2, http.Bodies.Count);
    }

    [Fact]
    public async Task Gives_no_value_of_one_rollout_to_the_next_and_asks_anew_at_once()
    {
        await metrics.RoundAsync(default);
        (counters.Rollout, rollouts) = ("shop-default-2", [Rollout("shop-default-2", "v3")]);
        Assert.Empty((await ReadAsync()).Metrics);
        answer = static () => Vector("10", "9");
        await metrics.RoundAsync(default);
        Assert.Equal([new MetricPair(10, 9)], (await ReadAsync()).Metrics);
    }

    [Fact]
    public async Task Gives_no_value_of_one_rollout_to_the_next_where_the_query_names_no_version()
    {
        rollouts = [Rollout("shop-default-1", "v2", "orders")];
        await metrics.RoundAsync(default);
        (counters.Rollout, rollouts) = ("shop-default-2", [Rollout("shop-default-2", "v3", "orders")]);
        answer = static () => Vector("10", "9");
        await metrics.RoundAsync(default);
        Assert.Equal([new MetricPair(10, 9)], (await ReadAsync()).Metrics);
    }

    [Fact]
    public async Task A_prometheus_that_is_gone_leaves_the_counters_and_after_three_minutes_no_value()
    {
        await metrics.RoundAsync(default);
        answer = static () => throw new HttpRequestException("connection refused");
        clock.Advance(TimeSpan.FromMinutes(1));
        await metrics.RoundAsync(default);
        Assert.Equal([Half], (await ReadAsync()).Metrics);
        const string Gone = "the metric orders: Prometheus at http://p:9090/ cannot be reached";
        Assert.Contains(Gone, metrics.TroubleOf(Keys.Of("shop")), StringComparison.Ordinal);

        clock.Advance(TimeSpan.FromMinutes(2.5));
        await metrics.RoundAsync(default);
        Assert.True(double.IsNaN(Assert.Single((await ReadAsync()).Metrics).Candidate));

        answer = static () => Vector("10", "5");
        clock.Advance(TimeSpan.FromMinutes(1));
        await metrics.RoundAsync(default);
        Assert.Equal([Half], (await ReadAsync()).Metrics);
        Assert.Null(metrics.TroubleOf(Keys.Of("shop")));
    }

    [Fact]
    public async Task What_no_round_renewed_for_three_minutes_is_no_reading()
    {
        await metrics.RoundAsync(default);
        clock.Advance(TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(1));
        Assert.Empty((await ReadAsync()).Metrics);
    }

    [Fact]
    public async Task Asks_nothing_for_a_service_without_a_rollout_or_without_a_query()
    {
        rollouts = [new QueriedRollout(Keys.Of("shop"), "shop-default-1", "v1", "v2", [])];
        await metrics.RoundAsync(default);
        rollouts = [];
        await metrics.RoundAsync(default);
        Assert.Empty(http.Bodies);
        Assert.Null(metrics.TroubleOf(Keys.Of("shop")));
    }

    [Fact]
    public async Task The_trouble_of_the_counters_comes_first()
    {
        answer = static () => ScriptedHttp.Json("nothing", HttpStatusCode.BadGateway);
        await metrics.RoundAsync(default);
        Assert.StartsWith("the metric orders: ", metrics.TroubleOf(Keys.Of("shop")), StringComparison.Ordinal);
        counters.Trouble = "the counters are gone";
        Assert.Equal("the counters are gone", metrics.TroubleOf(Keys.Of("shop")));
    }

    public void Dispose() => http.Dispose();

    private static QueriedRollout Rollout(string id, string candidate, string query = Query) =>
        new(Keys.Of("shop"), id, "v1", candidate, [new MetricTolerance("orders", Direction.Higher, 0.02) { Query = query }]);

    private static HttpResponseMessage Vector(string stable, string candidate) => ScriptedHttp.Json(
        $$$"""
        { "status": "success", "data": { "resultType": "vector", "result": [
            { "metric": { "arm": "stable" }, "value": [0, "{{{stable}}}"] },
            { "metric": { "arm": "candidate" }, "value": [0, "{{{candidate}}}"] } ] } }
        """);

    private async Task<Reading> ReadAsync() => (await metrics.ReadAsync(Keys.Of("shop"), default))!;

    private sealed class Counters : IMetricSource
    {
        public string Rollout { get; set; } = "shop-default-1";

        public string? Trouble { get; set; }

        public ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop) =>
            new(new Reading(key, Rollout, "proxy", DateTimeOffset.UnixEpoch, [], default, default));

        public string? TroubleOf(TargetKey key) => Trouble;
    }
}
