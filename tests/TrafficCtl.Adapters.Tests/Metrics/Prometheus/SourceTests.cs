using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class SourceTests : IDisposable
{
    public const string Service = "shop.checkout";

    private const string To = "destination_service_namespace=\"shop\",destination_service_name=\"checkout\"";

    internal static readonly ServiceRoute Split = new(
        Keys.Of(Service), 7, "v1", "v2", "shop.checkout-default-1", Exposure.Of(Weights.OfCandidate(1000)));

    private readonly ManualClock clock = new(DateTimeOffset.FromUnixTimeSeconds(1_770_000_000));
    private readonly FakePrometheus prometheus = new();
    private readonly FixedTargets targets = new(PresetTests.Target);
    private readonly FixedRoutes routes = new(Split);
    private ImmutableArray<MetricTolerance> metrics = [];
    private PrometheusSource source;
    private readonly Dictionary<string, double> counters = new(StringComparer.Ordinal);

    public SourceTests() => source = Source(targets, routes);

    [Fact]
    public async Task Reads_nothing_before_it_has_asked_and_asks_only_for_what_is_read()
    {
        await source.RoundAsync(default);
        Assert.Empty(prometheus.Queries);
        Assert.Null(await ReadAsync());
    }

    [Fact]
    public async Task Counts_from_its_first_answer_on_by_arm_and_outcome()
    {
        await RoundsAsync(3, () => Serve(stable: 90, candidate: 10, failed: 1));
        var reading = (await ReadAsync())!;
        Assert.Equal("shop.checkout-default-1", reading.RolloutId);
        Assert.Equal(
            (180, 20, 2), (Of(reading, Arm.Stable).Requests, Of(reading, Arm.Candidate).Requests, Of(reading, Arm.Candidate).Failures));
        Assert.Equal(2, Of(reading, Arm.Candidate).CappedFailures);
        Assert.Null(source.TroubleOf(Keys.Of(Service)));
    }

    [Fact]
    public async Task Asks_for_instants_of_a_grid_behind_now_once_each()
    {
        await RoundsAsync(2, () => Serve(90, 10));
        var first = (await ReadAsync())!.At;
        Serve(90, 10);
        Scrape();
        await source.RoundAsync(default);
        var asked = prometheus.Queries.Count;
        await source.RoundAsync(default);
        Assert.Equal(asked, prometheus.Queries.Count);
        await RoundsAsync(1, () => Serve(90, 10));
        Assert.Equal(TimeSpan.FromSeconds(15), (await ReadAsync())!.At - first);
        Assert.Equal(0, first.ToUnixTimeSeconds() % 15);
        Assert.True(clock.GetUtcNow() - first >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Stands_still_with_the_reason_while_Prometheus_does_not_answer_and_loses_nothing()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        prometheus.Overrule = _ => FakePrometheus.Fail(HttpStatusCode.ServiceUnavailable, "timeout", "query timed out");
        await RoundsAsync(4, () => Serve(90, 10));
        Assert.Same(before, await ReadAsync());
        Assert.Contains("query timed out", source.TroubleOf(Keys.Of(Service)));
        prometheus.Overrule = _ => null;
        await RoundsAsync(1, () => Serve(90, 10));
        Assert.Equal(Of(before, Arm.Stable).Requests + (5 * 90), Of((await ReadAsync())!, Arm.Stable).Requests);
        Assert.Null(source.TroubleOf(Keys.Of(Service)));
    }

    [Fact]
    public async Task Concludes_nothing_from_an_answer_with_a_warning()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        prometheus.Overrule = _ =>
            ScriptedHttp.Json("""{"status":"success","warnings":["a store is gone"],"data":{"resultType":"vector","result":[]}}""");
        await RoundsAsync(1, () => Serve(90, 10));
        Assert.Same(before, await ReadAsync());
        Assert.Contains("a store is gone", source.TroubleOf(Keys.Of(Service)));
    }

    [Fact]
    public async Task Applies_neither_answer_when_one_of_the_two_fails()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        prometheus.Overrule = q => q.Contains("duration", StringComparison.Ordinal)
            ? FakePrometheus.Fail(HttpStatusCode.UnprocessableEntity, "execution", "too many samples")
            : null;
        await RoundsAsync(2, () => Serve(90, 10));
        prometheus.Overrule = _ => null;
        await RoundsAsync(1, () => Serve(90, 10));
        var counts = Of((await ReadAsync())!, Arm.Stable);
        Assert.Equal(counts.Requests, counts.Latency.Sum());
    }

    [Fact]
    public async Task Stands_still_when_samples_are_older_than_three_scrapes()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        for (var i = 0; i < 8; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(15));
            await source.RoundAsync(default);
        }

        Assert.InRange(((await ReadAsync())!.At - before.At).TotalSeconds, 0, 90);
        Assert.Contains("older than the instant asked for, more than 3 scrapes", source.TroubleOf(Keys.Of(Service)));
    }

    [Fact]
    public async Task Says_that_the_metrics_of_an_arm_are_missing_when_it_should_have_traffic()
    {
        await RoundsAsync(8, () => Serve(stable: 90, candidate: 0));
        Assert.Contains("no series of shop.checkout's candidate at 10 % of the traffic", source.TroubleOf(Keys.Of(Service)));
        var before = (await ReadAsync())!.At;
        await RoundsAsync(1, () => Serve(90, 0));
        Assert.Equal(before, (await ReadAsync())!.At);
        await RoundsAsync(1, () => Serve(90, 10));
        Assert.True((await ReadAsync())!.At > before);
    }

    [Fact]
    public async Task An_idle_service_is_no_fault()
    {
        await RoundsAsync(2, () => Serve(1, 0));
        await RoundsAsync(8, () => Serve(0, 0));
        Assert.Null(source.TroubleOf(Keys.Of(Service)));
        Assert.Equal(0, Of((await ReadAsync())!, Arm.Candidate).Requests);
    }

    [Fact]
    public async Task Says_that_nothing_is_scraped()
    {
        await RoundsAsync(2, () => { });
        Assert.Contains(
            "Prometheus has no series of shop.checkout (istio: istio_requests_total{reporter=\"source\"})",
            source.TroubleOf(Keys.Of(Service)));
        Assert.Null(await ReadAsync());
    }

    [Fact]
    public async Task Counts_errors_that_were_never_seen_before_in_full()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        await RoundsAsync(1, () => Serve(90, 10, failed: 3));
        Assert.Equal(3, Of((await ReadAsync())!, Arm.Candidate).Failures);
    }

    [Fact]
    public async Task Never_takes_the_old_counters_of_a_slot_for_requests_of_a_new_rollout()
    {
        routes.Route = ServiceRoute.Idle(Keys.Of(Service), 3, "v1");
        await RoundsAsync(3, () => Serve(90, 5000, failed: 400));
        routes.Route = Split;
        await RoundsAsync(2, () => Serve(90, 10));
        var reading = (await ReadAsync())!;
        Assert.Equal((20, 0), (Of(reading, Arm.Candidate).Requests, Of(reading, Arm.Candidate).Failures));
    }

    [Fact]
    public async Task Begins_anew_with_each_rollout_and_under_the_same_source()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        routes.Route = Split with { RolloutId = "shop.checkout-default-2" };
        await RoundsAsync(1, () => Serve(90, 10));
        var after = (await ReadAsync())!;
        Assert.Equal(("shop.checkout-default-2", before.Source), (after.RolloutId, after.Source));
        Assert.Equal(10, Of(after, Arm.Candidate).Requests);
    }

    [Fact]
    public async Task Follows_the_arms_when_the_candidate_runs_in_the_first_slot()
    {
        routes.Route = Split with { Stable = "v2", Candidate = "v1" };
        await RoundsAsync(3, () => Serve(90, 10));
        Assert.Equal(180, Of((await ReadAsync())!, Arm.Candidate).Requests);
    }

    [Fact]
    public async Task Leaves_client_disconnects_out_of_both_arms()
    {
        await RoundsAsync(3, () =>
        {
            Serve(90, 10);
            Count("istio_requests_total{reporter=\"source\","
                + To
                + ",destination_workload=\"checkout-v2\",response_code=\"0\",response_flags=\"DC\"}", 4);
        });
        Assert.Equal((20, 8), (
            Of((await ReadAsync())!, Arm.Candidate).Requests, Of((await ReadAsync())!, Arm.Candidate).ByOutcome[(int)Outcome.ClientAbort]));
    }

    [Fact]
    public async Task Folds_histograms_to_the_bounds_that_all_have()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        Assert.Equal("0.01 0.1", Edges((await ReadAsync())!));
        await RoundsAsync(2, () =>
        {
            Serve(90, 10);
            foreach (var (le, count) in new[] { ("10.0", 5), ("50", 7), ("+Inf", 9) })
                Count("istio_request_duration_milliseconds_bucket{reporter=\"destination\","
                    + To
                    + ",destination_workload=\"checkout-v2\",pod=\"other\",le=\""
                    + le
                    + "\"}", count);
        });
        Assert.Equal("0.01", Edges((await ReadAsync())!));
    }

    [Fact]
    public async Task Observes_the_share_under_the_split_in_force_only()
    {
        await RoundsAsync(6, () => Serve(90, 10));
        var share = source.ObservedShare(Service)!;
        Assert.Equal(("shop.checkout-default-1", Weights.OfCandidate(1000)), (share.RolloutId, share.Asked));
        Assert.Equal(0.1, share.Fraction, 9);
        Assert.InRange(share.Total, 100, 400);
        routes.Route = Split with { Generation = 9, Exposure = Exposure.Of(Weights.OfCandidate(5000)) };
        await RoundsAsync(8, () => Serve(50, 50));
        share = source.ObservedShare(Service)!;
        Assert.Equal((0.5, Weights.OfCandidate(5000)), (share.Fraction, share.Asked));
        var total = share.Total;
        routes.Route = routes.Route with { Generation = 10 };
        await RoundsAsync(1, () => Serve(50, 50));
        Assert.Equal(total + 100, source.ObservedShare(Service)!.Total);
    }

    [Fact]
    public async Task Asks_at_most_three_queries_for_each_chunk_whatever_the_number_of_services()
    {
        const int Services = 1000;
        using var many = new ManyServices(Services);
        var wide = Source(many, many);
        for (var i = 0; i < Services; i++) await wide.ReadAsync(Keys.Of($"shop.s{i}"), default);
        metrics = [new MetricTolerance("cpu", Direction.Lower, 0.15) { Query = "saturation:cpu" }];
        await wide.RoundAsync(default);
        var names = Services * 3;
        var chunks = (int)Math.Ceiling(names / (double)Chunk.MostNames) + 1;
        Assert.InRange(prometheus.Queries.Count, names / Chunk.MostNames, 3 * chunks);
        Assert.InRange(prometheus.Queries.Count, 1, 4 * chunks);
        Assert.All(prometheus.Queries, q => Assert.True(q.Length < 3 * Chunk.MostCharacters));
    }

    [Fact]
    public async Task Asks_each_query_of_ones_own_once_a_minute()
    {
        metrics = [new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "sum by (arm) (orders{{service=\"{service}\"}})" }];
        prometheus.Custom = _ =>
            PrometheusClientTests.Vector("""{"metric":{"arm":"stable"},"value":[1,"10"]},{"metric":{"arm":"candidate"},"value":[1,"9"]}""");
        await RoundsAsync(9, () => Serve(90, 10));
        Assert.Equal(3, prometheus.Queries.Count(q => q.Contains("orders", StringComparison.Ordinal)));
        Assert.Contains(prometheus.Queries, q => q.Contains("service=\"shop.checkout\"", StringComparison.Ordinal));
        Assert.Equal([new MetricPair(10, 9)], (await ReadAsync())!.Metrics);
    }

    [Theory]
    [InlineData("""{"metric":{},"value":[1,"10"]}""", "without a label arm")]
    [InlineData("""{"metric":{"arm":"v1"},"value":[1,"10"]}""", "write stable or candidate")]
    [InlineData(
        """{"metric":{"arm":"stable","x":"1"},"value":[1,"10"]},{"metric":{"arm":"stable","x":"2"},"value":[1,"1"]}""",
        "more than one number")]
    public async Task Says_what_is_wrong_with_a_query_of_ones_own_and_measures_the_rest(string answer, string why)
    {
        metrics = [new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "orders" }];
        prometheus.Custom = _ => PrometheusClientTests.Vector(answer);
        await RoundsAsync(3, () => Serve(90, 10));
        Assert.Contains($"the metric orders: ", source.TroubleOf(Keys.Of(Service)));
        Assert.Contains(why, source.TroubleOf(Keys.Of(Service)));
        Assert.True(double.IsNaN((await ReadAsync())!.Metrics[0].Stable));
        Assert.Equal(180, Of((await ReadAsync())!, Arm.Stable).Requests);
    }

    /// <summary>Elsewhere the three have three fates, and one of them is a success.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("""{"metric":{"arm":"stable"},"value":[1,"NaN"]},{"metric":{"arm":"candidate"},"value":[1,"NaN"]}""")]
    [InlineData(null)]
    public async Task A_query_of_ones_own_that_says_nothing_NaN_or_an_error_is_unknown_and_nothing_else(string? answer)
    {
        metrics = [new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "orders" }];
        prometheus.Custom = _ => PrometheusClientTests.Vector(answer ?? "");
        prometheus.Overrule = query => answer is null && query == "orders"
            ? ScriptedHttp.Json(
                """{"status":"error","errorType":"execution","error":"too many samples"}""", System.Net.HttpStatusCode.UnprocessableEntity)
            : null;
        await RoundsAsync(3, () => Serve(90, 10));
        var reading = (await ReadAsync())!;
        Assert.True(double.IsNaN(reading.Metrics[0].Stable) && double.IsNaN(reading.Metrics[0].Candidate));
        Assert.Equal(180, Of(reading, Arm.Stable).Requests);
    }

    [Fact]
    public async Task Compares_the_cpu_of_a_request()
    {
        metrics = [new MetricTolerance("cpu", Direction.Lower, 0.15) { Query = "saturation:cpu" }];
        var cpu = (Stable: 0.0, Candidate: 0.0);
        prometheus.Custom = q => PrometheusClientTests.Vector("");
        prometheus.Overrule = q => q.Contains("container_cpu", StringComparison.Ordinal)
            ? ScriptedHttp.Json(PrometheusClientTests.Vector(
                $$"""{"metric":{"trafficctl":"container_cpu_usage_seconds_total","namespace":"shop","pod":"checkout-v1-5d4f8c7b9-aaaaa"},"value":[1,"{{cpu.Stable}}"]},{"metric":{"trafficctl":"container_cpu_usage_seconds_total","namespace":"shop","pod":"checkout-v2-7c9f8b6d5-ccccc"},"value":[1,"{{cpu.Candidate}}"]}"""))
            : null;
        await RoundsAsync(8, () =>
        {
            Serve(90, 10);
            cpu = (cpu.Stable + 9, cpu.Candidate + 2);
        });
        var pair = Assert.Single((await ReadAsync())!.Metrics);
        Assert.Equal(0.1, pair.Stable, 6);
        Assert.Equal(0.2, pair.Candidate, 6);
    }

    [Fact]
    public async Task Says_why_nothing_can_be_asked_for()
    {
        routes.Route = null;
        await RoundsAsync(1, () => { });
        Assert.Contains("no route of shop.checkout is in force yet", source.TroubleOf(Keys.Of(Service)));
        routes.Route = Split with { Candidate = "v9" };
        await RoundsAsync(1, () => { });
        Assert.Contains("no Service of shop.checkout runs the candidate v9", source.TroubleOf(Keys.Of(Service)));
        targets.Target = PresetTests.Target with { Metrics = "itsio" };
        await RoundsAsync(1, () => { });
        Assert.Contains("asks for the metrics of \"itsio\"; known are istio,", source.TroubleOf(Keys.Of(Service)));
    }

    [Fact]
    public async Task Begins_anew_in_a_later_term_because_another_process_counted_meanwhile()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        await source.RunAsync(new CancellationToken(canceled: true));

        Assert.Null(await ReadAsync());
        Assert.Null(source.ObservedShare(Service));
        clock.Advance(TimeSpan.FromMinutes(10));
        Serve(9000, 1000);
        await RoundsAsync(3, () => Serve(90, 10));
        var after = (await ReadAsync())!;
        Assert.NotEqual(before.Source, after.Source);
        Assert.Equal((180, 20), (Of(after, Arm.Stable).Requests, Of(after, Arm.Candidate).Requests));
    }

    [Fact]
    public async Task Begins_anew_when_the_clock_is_set_back_because_what_it_remembers_is_of_the_future()
    {
        metrics = [new MetricTolerance("orders", Direction.Higher, 0.05) { Query = "orders" }];
        var orders = 5;
        prometheus.Custom = _ => PrometheusClientTests.Vector(
            $$"""{"metric":{"arm":"stable"},"value":[1,"{{orders}}"]},{"metric":{"arm":"candidate"},"value":[1,"{{orders}}"]}""");
        await RoundsAsync(3, () => Serve(90, 10));
        Assert.Equal(5, Assert.Single((await ReadAsync())!.Metrics).Stable);
        var before = (await ReadAsync())!;

        clock.Set(TimeSpan.FromHours(-1));
        orders = 7;
        await RoundsAsync(3, () => Serve(90, 10));

        var after = (await ReadAsync())!;
        Assert.True(after.At < before.At);
        Assert.NotEqual(before.Source, after.Source);
        Assert.Equal(7, Assert.Single(after.Metrics).Stable);
        Assert.Equal((180, 20), (Of(after, Arm.Stable).Requests, Of(after, Arm.Candidate).Requests));
    }

    [Fact]
    public async Task A_clock_that_is_set_ahead_is_no_reason_to_think_that_nobody_asks_any_more()
    {
        await RoundsAsync(2, () => Serve(90, 10));
        clock.Set(TimeSpan.FromHours(1));
        await source.RoundAsync(default);
        Assert.NotNull(await ReadAsync());
    }

    [Fact]
    public async Task Is_another_source_when_somebody_asks_again_after_a_while()
    {
        await RoundsAsync(2, () => Serve(90, 10));
        var before = (await ReadAsync())!;
        clock.Advance(TimeSpan.FromMinutes(6));
        await source.RoundAsync(default);
        clock.Advance(TimeSpan.FromSeconds(15));
        await RoundsAsync(3, () => Serve(90, 10));
        var after = (await ReadAsync())!;
        Assert.NotEqual(before.Source, after.Source);
        Assert.Equal(20, Of(after, Arm.Candidate).Requests);
    }

    [Fact]
    public async Task Takes_no_requests_of_another_version_for_those_of_the_candidate()
    {
        await RoundsAsync(3, () => Serve(90, 10));
        var good = targets.Target!;
        targets.Target = good with { Slots = [good.Slots[0], good.Slots[1] with { Version = "v3" }] };
        await RoundsAsync(3, () => Serve(90, 10, failed: 10));
        Assert.Contains("takes the traffic of the candidate v2 and runs v3 now", source.TroubleOf(Keys.Of(Service)));

        targets.Target = good;
        await RoundsAsync(3, () => Serve(90, 10));
        Assert.Null(source.TroubleOf(Keys.Of(Service)));
        var reading = (await ReadAsync())!;
        Assert.Equal((40, 0), (Of(reading, Arm.Candidate).Requests, Of(reading, Arm.Candidate).Failures));
    }

    [Fact]
    public async Task Shows_where_requests_go_after_the_slot_of_a_candidate_that_ended_was_changed()
    {
        await RoundsAsync(2, () => Serve(90, 10));
        targets.Target = targets.Target! with { Slots = [targets.Target.Slots[0], targets.Target.Slots[1] with { Version = "v3" }] };
        routes.Route = Split with { Generation = 8, Exposure = Exposure.None };
        await RoundsAsync(5, () => Serve(100, 0));
        Assert.Equal(0, source.ObservedShare(Service)!.Candidate);
    }

    [Fact]
    public async Task Counts_of_several_clusters_those_that_the_selector_names_in_requests_latency_and_shares()
    {
        source = Source(targets, routes, "cluster=\"eu-1\"");
        metrics =
        [
            new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "sum by (arm) (orders{service=\"{service}\", {selector}})" },
            new MetricTolerance("visits", Direction.Higher, 0.02) { Query = "sum by (arm) (visits)" },
            new MetricTolerance("memory", Direction.Lower, 0.1) { Query = Saturation.Memory },
        ];
        await RoundsAsync(12, () =>
        {
            Serve("checkout-v1", 90, 0, "cluster=\"eu-1\",");
            Serve("checkout-v2", 10, 1, "cluster=\"eu-1\",");
            Serve("checkout-v1", 900, 0, "cluster=\"us-1\",");
            Serve("checkout-v2", 900, 900, "cluster=\"us-1\",");
        });
        var reading = (await ReadAsync())!;
        Assert.Equal((11 * 90, 11 * 10, 11),
            (Of(reading, Arm.Stable).Requests, Of(reading, Arm.Candidate).Requests, Of(reading, Arm.Candidate).Failures));
        Assert.Equal(11 * 90, Of(reading, Arm.Stable).Latency.Sum());
        Assert.Equal(0.1, source.ObservedShare(Service)!.Fraction, 6);
        // What people wrote is asked as they wrote it, with the matchers where they named them.
        Assert.Contains("sum by (arm) (orders{service=\"shop.checkout\", cluster=\"eu-1\"})", prometheus.Queries);
        Assert.Contains("sum by (arm) (visits)", prometheus.Queries);
        Assert.All(prometheus.Queries.Where(q => q != "sum by (arm) (visits)"),
            q => Assert.Contains("cluster=\"eu-1\"", q, StringComparison.Ordinal));
        Assert.Contains(prometheus.Queries, q => q.Contains(Saturation.MemoryMetric, StringComparison.Ordinal));
    }

    public void Dispose() => prometheus.Http.Dispose();

    private PrometheusSource Source(IClusterTargets clusterTargets, IRoutesInForce routesInForce, string selector = "") => new(
        new HttpMessageInvoker(prometheus.Http),
            new PrometheusOptions(new Uri("http://prometheus:9090")) { Selector = selector }, clusterTargets, routesInForce,
        _ => metrics, clock, NullLogger<PrometheusSource>.Instance);

    /// <summary>Each is a scrape of what was served, and the round that sees it.</summary>
    private async Task RoundsAsync(int count, Action serve)
    {
        for (var i = 0; i < count; i++)
        {
            await ReadAsync();
            serve();
            Scrape();
            await source.RoundAsync(default);
            clock.Advance(TimeSpan.FromSeconds(15));
        }
    }

    private void Scrape() =>
        prometheus.Scrape(clock.GetUtcNow() - TimeSpan.FromSeconds(30), "gateway:15020", [.. counters.Select(c => (c.Key, c.Value))]);

    private async Task<Reading?> ReadAsync() => await source.ReadAsync(Keys.Of(Service), default);

    private static string Edges(Reading reading) => string.Join(' ', Of(reading, Arm.Candidate).Layout.Edges.ToArray());

    private static Counts Of(Reading reading, Arm arm) => reading.Arms.Single(a => a.Arm == arm).Counts;

    private void Serve(int stable, int candidate, int failed = 0)
    {
        Serve("checkout-v1", stable, 0);
        Serve("checkout-v2", candidate, failed);
    }

    private void Serve(string workload, int requests, int failed, string more = "")
    {
        if (requests == 0) return;
        var arm = more + To + $",destination_workload=\"{workload}\"";
        if (requests > failed)
            Count($"istio_requests_total{{reporter=\"source\",{arm},response_code=\"200\",response_flags=\"-\"}}", requests - failed);
        if (failed > 0) Count($"istio_requests_total{{reporter=\"source\",{arm},response_code=\"503\",response_flags=\"-\"}}", failed);
        foreach (var (le, share) in new[] { ("10", 0.5), ("100", 0.9), ("+Inf", 1) })
            Count(
                $"istio_request_duration_milliseconds_bucket{{reporter=\"destination\",{arm},le=\"{le}\"}}", Math.Floor(requests * share));
    }

    private void Count(string series, double by) => counters[series] = counters.GetValueOrDefault(series) + by;

    private sealed class ManyServices(int count) : IClusterTargets, IRoutesInForce, IDisposable
    {
        private readonly Dictionary<string, ClusterTarget> all = Enumerable.Range(0, count).ToDictionary(i =>
            $"shop.s{i}", i => PresetTests.Target with
            {
                Service = $"s{i}",
                Slots = [new Slot($"s{i}-stable", 80, $"s{i}-v1", "v1", true), new Slot($"s{i}-canary", 80, $"s{i}-v2", "v2", true)],
            });

        ClusterTarget? IClusterTargets.Find(string service) => all.GetValueOrDefault(service);

        ServiceRoute? IRoutesInForce.Find(string service) => Split with { Key = Keys.Of(service) };

        public void Dispose() => all.Clear();
    }
}
