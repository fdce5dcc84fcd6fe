using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

/// <summary>Against the program itself: what the fakes believe of its language and arithmetic is checked here.</summary>
public sealed class RealPrometheusTests
{
    private static readonly double[] Bounds = [1, 5, 10, 25, 100, 1000];

    private readonly long[] due = new long[2];
    private readonly long[] failed = new long[2];
    private readonly long[][] latency = [new long[Bounds.Length + 1], new long[Bounds.Length + 1]];
    private readonly Random chance = new(20_261_121);

    [Fact]
    public async Task Counts_exactly_what_the_mesh_counted_over_a_newborn_error_and_a_restart()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var exporter = await Exporter.StartAsync();
        foreach (var arm in new[] { 0, 1 }) Serve(exporter, arm, 1000, fails: false);
        Array.Clear(due);
        latency[0].AsSpan().Clear();
        latency[1].AsSpan().Clear();
        await using var prometheus = await RealPrometheus.StartAsync(TimeSpan.FromSeconds(1), exporter.Address);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var source = Source(prometheus, http);
        using var stop = new CancellationTokenSource();
        var running = source.RunAsync(stop.Token);
        await ReadAsync(source, r => r is not null, "a first reading");

        var before = exporter.Scrapes;
        exporter.AfterScrape = e =>
        {
            switch (e.Scrapes - before)
            {
                // Nothing is served before the end of the process for some scrapes, so nothing is lost with it.
                case 9: e.Restart(); break;
                case < 3 or 10 or 11:
                    Serve(e, 0, chance.Next(1, 400), fails: false);
                    Serve(e, 1, chance.Next(1, 40), fails: false);
                    break;
            }

            // Nothing was there before the candidate's first errors, on either side of the restart.
            if (e.Scrapes - before is 2 or 11) Serve(e, 1, 7, fails: true);
        };
        await Eventually.TrueAsync(() => exporter.Scrapes - before > 12, "the last scrape");
        var served = DateTimeOffset.UtcNow;
        await ReadAsync(source, r => r!.At > served, "a reading of after the last request");
        var reading = await source.ReadAsync(Keys.Of(SourceTests.Service), default);
        await stop.CancelAsync();
        await running;

        foreach (var arm in new[] { 0, 1 })
        {
            var counts = reading!.Arms.Single(a => (int)a.Arm == arm).Counts;
            Assert.Equal(due[arm], counts.Requests);
            Assert.Equal(failed[arm], counts.Failures);
            Assert.Equal(latency[arm], counts.Latency);
        }

        Assert.Equal(string.Join(' ', Bounds.Select(b => b / 1000)), string.Join(' ', reading!.Arms[0].Counts.Layout.Edges.ToArray()));
        Assert.Null(source.TroubleOf(Keys.Of(SourceTests.Service)));
    }

    [Fact]
    public async Task Reads_saturation_and_ones_own_queries()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var exporter = await Exporter.StartAsync();
        foreach (var arm in new[] { 0, 1 }) Serve(exporter, arm, 1000, fails: false);
        foreach (var (pod, bytes) in new[]
        {
            ("checkout-v1-5d4f8c7b9-aaaaa", 100e6), ("checkout-v1-5d4f8c7b9-bbbbb", 200e6), ("checkout-v2-7c9f8b6d5-ccccc", 300e6)
        })
            exporter.Set($"container_memory_working_set_bytes{{namespace=\"shop\",pod=\"{pod}\",container=\"app\",image=\"i\"}}", bytes);
        exporter.Set("orders{arm=\"stable\"}", 40);
        exporter.Set("orders{arm=\"candidate\"}", 30);
        await using var prometheus = await RealPrometheus.StartAsync(TimeSpan.FromSeconds(1), exporter.Address);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var source = Source(
            prometheus, http, new MetricTolerance("memory", Direction.Lower, 0.15) { Query = "saturation:memory" },
            new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "sum by (arm) (orders) / 10" },
            new MetricTolerance("broken", Direction.Higher, 0.02) { Query = "sum by (arm" });
        using var stop = new CancellationTokenSource();
        var running = source.RunAsync(stop.Token);
        await ReadAsync(source, r => r is not null
            && double.IsFinite(r.Metrics[0].Stable)
            && double.IsFinite(r.Metrics[1].Stable)
            && source.TroubleOf(Keys.Of(SourceTests.Service)) is not null, "both metrics, and what is wrong with the third");
        var reading = await source.ReadAsync(Keys.Of(SourceTests.Service), default);
        var trouble = source.TroubleOf(Keys.Of(SourceTests.Service));
        await stop.CancelAsync();
        await running;

        Assert.Equal(new MetricPair(150e6, 300e6), reading!.Metrics[0]);
        Assert.Equal(new MetricPair(4, 3), reading.Metrics[1]);
        Assert.True(double.IsNaN(reading.Metrics[2].Stable));
        Assert.Contains("the metric broken: Prometheus at", trouble);
        Assert.Contains("does not understand the query (400", trouble);
    }

    [Fact]
    public async Task Understands_every_built_in_query_with_the_matchers_of_the_installation_and_answers_of_that_place_alone()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var exporter = await Exporter.StartAsync();
        const string Checkout = "reporter=\"source\",destination_service_namespace=\"shop\",destination_service_name=\"checkout\"";
        exporter.Set($"istio_requests_total{{cluster=\"eu\\\"1\\\\\",tenant=\"shop-7\",{Checkout}}}", 3);
        exporter.Set($"istio_requests_total{{cluster=\"us-1\",tenant=\"shop-7\",{Checkout}}}", 40);
        exporter.Set($"istio_requests_total{{cluster=\"eu\\\"1\\\\\",tenant=\"pay\",{Checkout}}}", 500);
        await using var prometheus = await RealPrometheus.StartAsync(TimeSpan.FromSeconds(1), exporter.Address);
        var options = new PrometheusOptions(prometheus.Address) { Selector = """{ cluster='eu"1\\', tenant=~`shop-\d`, region="" }""" };
        Assert.Null(options.Problem());
        using var http = PrometheusHttp.Connect(options);
        var client = new PrometheusClient(http, options, TimeProvider.System);
        foreach (var signal in PresetList.All.SelectMany(p => (SignalQuery[])[p.Requests, p.Latency]))
            await client.QueryAsync(QueryText.Counters(signal, ["checkout"], ["shop"], options.Selector), DateTimeOffset.UtcNow, default);
        await client.QueryAsync(Saturation.Query(["checkout"], ["shop"], options.Selector), DateTimeOffset.UtcNow, default);

        var query = QueryText.Counters(PresetList.Find("istio")!.Requests, ["checkout"], ["shop"], options.Selector);
        PromAnswer? answer = null;
        await Eventually.TrueAsync(() =>
            (answer = client.QueryAsync(query, DateTimeOffset.UtcNow, default).Result).Samples.Length > 0, "an answer with series");
        Assert.Equal([3], answer!.Samples.Where(s => s.Labels[QueryText.Mark].Length == 0).Select(s => s.Value));
        Assert.All(answer.Samples, s => Assert.Equal("eu\"1\\", s.Labels["cluster"]));
    }

    [Fact]
    public async Task Counts_stable_by_pod_where_the_pods_count()
    {
        if (RealPrometheus.Missing is { } why) Assert.Skip(why);
        await using var exporter = await Exporter.StartAsync();
        var pods = new[] { "v1-5d4f8c7b9-aaaaa", "v1-5d4f8c7b9-bbbbb", "v1-5d4f8c7b9-ccccc", "v2-7c9f8b6d5-ddddd" };
        foreach (var pod in pods) Answer(exporter, pod, 0, 0);
        exporter.AfterScrape = e =>
        {
            foreach (var (i, pod) in pods.Index()) Answer(e, pod, 40 * (i + 1), pod == pods[1] ? 10 : 0);
        };
        await using var prometheus = await RealPrometheus.StartAsync(TimeSpan.FromSeconds(1), exporter.Address);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var source = Source(prometheus, http, PresetTests.Target with { Metrics = "aspnetcore" });
        using var stop = new CancellationTokenSource();
        var running = source.RunAsync(stop.Token);
        await ReadAsync(source, r => r?.Arms.Count(a => a is { Group: not null, Counts.Requests: > 0 }) == 3, "requests of each pod");
        var reading = await source.ReadAsync(Keys.Of(SourceTests.Service), default);
        await stop.CancelAsync();
        await running;

        var groups = reading!.Arms.Where(a => a.Group is not null).OrderBy(a => a.Group).Select(a => a.Counts).ToArray();
        Assert.Equal([2 * groups[0].Requests, 3 * groups[0].Requests], groups[1..].Select(g => g.Requests));
        Assert.Equal([0, groups[1].Requests / 8, 0], groups.Select(g => g.Failures));
        Assert.Equal(groups.Select(g => g.Requests), groups.Select(g => g.Latency.ToArray().Sum()));
    }

    private static void Answer(Exporter exporter, string pod, int requests, int failed)
    {
        var labels = $"namespace=\"shop\",pod=\"checkout-{pod}\"";
        exporter.Add($"http_server_request_duration_seconds_count{{{labels},http_response_status_code=\"200\"}}", requests - failed);
        exporter.Add($"http_server_request_duration_seconds_count{{{labels},http_response_status_code=\"500\"}}", failed);
        foreach (var (le, share) in new[] { ("0.01", 0.5), ("+Inf", 1) })
            exporter.Add($"http_server_request_duration_seconds_bucket{{{labels},le=\"{le}\"}}", requests * share);
    }

    private static PrometheusSource Source(
        RealPrometheus prometheus, HttpMessageInvoker http, params ImmutableArray<MetricTolerance> metrics) =>
        Source(prometheus, http, PresetTests.Target, metrics);

    private static PrometheusSource Source(
        RealPrometheus prometheus, HttpMessageInvoker http, ClusterTarget target, params ImmutableArray<MetricTolerance> metrics) => new(
        http, new PrometheusOptions(prometheus.Address) { Scrape = TimeSpan.FromSeconds(1) }, new FixedTargets(target),
        new FixedRoutes(SourceTests.Split), _ => metrics, TimeProvider.System, NullLogger<PrometheusSource>.Instance);

    private static async Task ReadAsync(PrometheusSource source, Func<Reading?, bool> isThere, string what) => await Eventually.TrueAsync(
        () => isThere(source.ReadAsync(Keys.Of(SourceTests.Service), default).AsTask().Result),
        $"{what}: {source.TroubleOf(Keys.Of(SourceTests.Service))}");

    private void Serve(Exporter exporter, int arm, int requests, bool fails)
    {
        var version = arm == 0 ? "stable" : "canary";
        var workload = arm == 0 ? "checkout-v1" : "checkout-v2";
        var to =
            $"destination_service_namespace=\"shop\",destination_service_name=\"checkout-{version}\",destination_workload=\"{workload}\"";
        exporter.Add(
            $"istio_requests_total{{reporter=\"source\",{to},response_code=\"{(fails ? 503 : 200)}\","
            + $"response_flags=\"-\",grpc_response_status=\"\"}}",
            requests);
        due[arm] += requests;
        if (fails) failed[arm] += requests;
        var slow = chance.Next(Bounds.Length + 1);
        latency[arm][slow] += requests;
        for (var i = 0; i <= Bounds.Length; i++)
        {
            var le = i == Bounds.Length ? "+Inf" : Bounds[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
            exporter.Add(
                $"istio_request_duration_milliseconds_bucket{{reporter=\"destination\",{to},le=\"{le}\"}}", i >= slow ? requests : 0);
        }
    }
}
