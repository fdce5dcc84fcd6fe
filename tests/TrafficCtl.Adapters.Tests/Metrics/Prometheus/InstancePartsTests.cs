using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

/// <summary>Where the server counts, stable comes by groups of as many instances as the candidate has.</summary>
public sealed class InstancePartsTests : IDisposable
{
    private readonly ManualClock clock = new(DateTimeOffset.FromUnixTimeSeconds(1_770_000_000));
    private readonly FakePrometheus prometheus = new();
    private readonly FixedTargets targets = new(PresetTests.Target with { Metrics = "aspnetcore" });
    private readonly FixedRoutes routes = new(SourceTests.Split);
    private readonly Dictionary<string, Dictionary<string, double>> pods = new(StringComparer.Ordinal);
    private readonly PrometheusSource source;

    public InstancePartsTests() => source = new PrometheusSource(
        new HttpMessageInvoker(prometheus.Http), new PrometheusOptions(new Uri("http://prometheus:9090")), targets, routes,
        _ => [], clock, NullLogger<PrometheusSource>.Instance);

    [Theory]
    [InlineData("x", "d c b a", "a b c d")]
    [InlineData("x", "a b c d e", "a b c d")]
    [InlineData("x y", "a b c d e", "ab cd")]
    [InlineData("x y z", "a b c d", "abc")]
    [InlineData("x y", "a b", "")]
    [InlineData("x", "a", "")]
    public void Each_group_has_as_many_instances_as_the_candidate(string candidate, string stable, string expected)
    {
        var parts = InstanceParts.Of(stable.Split(' '), candidate.Split(' '), 1000);
        Assert.Equal(expected, parts is null ? "" : string.Join(
            ' ', parts.All.Select(p => string.Concat(stable.Split(' ').Order(StringComparer.Ordinal).Where(s => parts.Find(s) == p)))));
    }

    [Fact]
    public void There_are_none_until_every_instance_of_the_candidate_has_most_surely_been_seen()
    {
        Assert.Null(InstanceParts.Of(["a", "b"], [], 0));
        Assert.Null(InstanceParts.Of(["a", "b", "c"], ["x", "y"], 39));
        Assert.NotNull(InstanceParts.Of(["a", "b", "c"], ["x", "y"], 40));
    }

    [Fact]
    public async Task Requests_and_latency_of_each_group_are_told_apart_from_the_rest_of_stable()
    {
        await RoundsAsync(3, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 6), ("v2", "xxxxx", 10, 0)));
        var before = (await ReadAsync())!;
        Assert.Equal([0, 1], Groups(before));
        Assert.All(before.Arms.Where(a => a.Group is not null), a => Assert.Equal(0, a.Counts.Requests));

        // A pod that comes later is stable's, and in no group. Its first sample may be of long before, and counts for nobody.
        await RoundsAsync(3, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 6), ("v1", "ccccc", 15, 0), ("v2", "xxxxx", 10, 0)));
        var after = (await ReadAsync())!;
        Assert.Equal(before.Source, after.Source);
        Assert.Equal([0, 1], Groups(after));
        var (a, b, rest) = (Of(after, 0), Of(after, 1), Of(after, null));
        Assert.Equal((90, 0), (a.Requests, a.Failures));
        Assert.Equal((90, 18), (b.Requests, b.CappedFailures));
        Assert.Equal("45 36 9", string.Join(' ', a.Latency.ToArray()));
        Assert.Equal(120 + 30, rest.Requests);
    }

    [Fact]
    public async Task They_are_made_anew_when_the_candidate_was_scaled_up_and_nothing_that_was_counted_is_lost()
    {
        await RoundsAsync(4, () => Serve(Stable(30).Append(("v2", "xxxxx", 10, 0))));
        var before = (await ReadAsync())!;
        Assert.Equal([0, 1, 2, 3], Groups(before));

        await RoundsAsync(8, () => Serve([.. Stable(30), ("v2", "xxxxx", 10, 0), ("v2", "yyyyy", 10, 0)]));
        var after = (await ReadAsync())!;
        Assert.Equal([0, 1], Groups(after));
        Assert.NotEqual(before.Grouping, after.Grouping);
        Assert.Equal(before.Source, after.Source);
        Assert.Equal(4 * 30 * 11, after.Arms.Where(a => a.Arm == Arm.Stable).Sum(a => a.Counts.Requests));
        Assert.Equal(4 * 30 * 11, after.Arms.Where(a => a.Arm == Arm.Stable).Sum(a => a.Counts.Latency.ToArray().Sum()));

        static IEnumerable<(string, string, int, int)> Stable(int requests) => "abcd".Select(c => ("v1", new string(c, 5), requests, 0));
    }

    [Fact]
    public async Task There_are_none_before_the_candidate_takes_traffic()
    {
        // Probes are requests too, and the first pod answers them alone.
        routes.Route = SourceTests.Split with { Exposure = Exposure.None };
        await RoundsAsync(5, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 0), ("v2", "xxxxx", 10, 0)));
        Assert.Empty(Groups((await ReadAsync())!));
    }

    [Fact]
    public async Task A_pod_that_is_scraped_twice_is_one_instance()
    {
        await RoundsAsync(4, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 0), ("v2", "xxxxx", 10, 0)), "first", "second");
        var reading = (await ReadAsync())!;
        Assert.Equal([0, 1], Groups(reading));
    }

    [Fact]
    public async Task They_end_with_the_rollout()
    {
        await RoundsAsync(4, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 0), ("v2", "xxxxx", 10, 0)));
        routes.Route = ServiceRoute.Idle(Keys.Of(SourceTests.Service), 8, "v1");
        await RoundsAsync(3, () => Serve(("v1", "aaaaa", 30, 0), ("v1", "bbbbb", 30, 0)));
        Assert.Empty(Groups((await ReadAsync())!));
    }

    [Fact]
    public async Task A_client_that_counts_is_no_instance()
    {
        targets.Target = PresetTests.Target;
        for (var i = 1; i <= 5; i++)
        {
            await ReadAsync();
            var at = clock.GetUtcNow() - TimeSpan.FromSeconds(30);
            foreach (var client in new[] { "client-1", "client-2", "client-3" })
                prometheus.Scrape(at, client, Istio("checkout-v1", 90 * i), Istio("checkout-v2", 30 * i));
            await source.RoundAsync(default);
            clock.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Empty(Groups((await ReadAsync())!));

        static (string, double) Istio(string workload, double count) =>
            (
                $"istio_requests_total{{reporter=\"source\",destination_service_namespace=\"shop\",destination_service_name=\"checkout\",destination_workload=\"{workload}\",response_code=\"200\",response_flags=\"-\"}}",
                count);
    }

    public void Dispose() => prometheus.Http.Dispose();

    private static int[] Groups(Reading reading) => [.. reading.Arms.Where(a => a.Group is not null).Select(a => a.Group!.Value)];

    private static Counts Of(Reading reading, int? group) => reading.Arms.Single(a => a.Arm == Arm.Stable && a.Group == group).Counts;

    private async Task<Reading?> ReadAsync() => await source.ReadAsync(Keys.Of(SourceTests.Service), default);

    private async Task RoundsAsync(int count, Action serve, params string[] scrapers)
    {
        for (var i = 0; i < count; i++)
        {
            await ReadAsync();
            serve();
            foreach (var (pod, shown) in pods)
                foreach (var scraper in scrapers.DefaultIfEmpty("one")) prometheus.Scrape(
                    clock.GetUtcNow() - TimeSpan.FromSeconds(30), $"{pod}/{scraper}", [.. shown.Select(c => (c.Key, c.Value))]);
            await source.RoundAsync(default);
            clock.Advance(TimeSpan.FromSeconds(15));
        }
    }

    private void Serve(params IEnumerable<(string Version, string Pod, int Requests, int Failed)> served)
    {
        foreach (var (version, pod, requests, failed) in served)
        {
            var labels = $"namespace=\"shop\",pod=\"checkout-{version}-7d9f8c6b5-{pod}\"";
            Count("_count", ",http_response_status_code=\"200\"", requests - failed);
            Count("_count", ",http_response_status_code=\"500\"", failed);
            foreach (var (le, share) in new[] { ("0.01", 0.5), ("0.1", 0.9), ("+Inf", 1) })
                Count("_bucket", $",le=\"{le}\"", Math.Floor(requests * share));

            void Count(string suffix, string more, double by)
            {
                if (!pods.TryGetValue(pod, out var shown)) pods[pod] = shown = new(StringComparer.Ordinal);
                var series = $"http_server_request_duration_seconds{suffix}{{{labels}{more}}}";
                shown[series] = shown.GetValueOrDefault(series) + by;
            }
        }
    }
}
