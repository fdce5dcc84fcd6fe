using ExpositionFormat = Prometheus.ExpositionFormat;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Verdict = TrafficCtl.Core.Judging.Verdict;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

public sealed class MetricsPageTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Plan Plan = new()
    {
        Steps = [new Step(null, Weights.OfCandidate(500), TimeSpan.FromSeconds(60), MinimumEvidence.Default), new Step(
            null, Weights.OfCandidate(2500), TimeSpan.FromSeconds(60), MinimumEvidence.Default)],
    };

    [Fact]
    public void Everything_declared_and_nothing_else_is_shown_with_its_declared_labels()
    {
        var page = Exposition.Parse(Page());
        Assert.Equal(Metrics.All.Select(m => m.Name).Order(), page.Types.Keys.Where(IsOurs).Order());
        foreach (var metric in Metrics.All)
        {
            var type = page.Types[metric.Name];
            Assert.Equal(metric.Type.ToString().ToLowerInvariant(), type);
            Assert.Equal(metric.Help, page.Helps[metric.Name]);
            foreach (var sample in page.Samples.Where(s => Exposition.FamilyOf(s.Name, type) == metric.Name))
                Assert.Equal(metric.Labels.AsEnumerable(), sample.Labels.Keys.Where(l => l != "le"));
        }
    }

    [Theory]
    [InlineData(ExpositionFormat.PrometheusText)]
    [InlineData(ExpositionFormat.OpenMetricsText)]
    public void Named_metrics_are_shown_alone(ExpositionFormat format)
    {
        var lines = Page(MetricAudience.ThisMachine, format, "trafficctl_rounds_total", "trafficctl_rollout_phase", "trafficctl_unknown")
            .TrimEnd()
            .Split('\n');
        Assert.Equal(format == ExpositionFormat.OpenMetricsText, lines[^1] == "# EOF");
        var samples = lines.Where(static l => l[0] != '#').Select(static l => l.Split('{', ' ')[0]).Distinct();
        Assert.Equal(["trafficctl_rollout_phase", "trafficctl_rounds_total"], samples);
    }

    /// <summary>Those are for a look at a process with ten thousand services every second.</summary>
    [Fact]
    public void For_metrics_of_the_process_alone_no_service_is_looked_at()
    {
        var asked = 0;
        var page = new MetricsPage(
            () =>
            {
                asked++;
                return [];
            }, new Views(), new ControlMetrics(), new ConfigReloads(TimeProvider.System), new ManualClock(At));
        Assert.Contains("trafficctl_rounds_total 0\n", page.Text(names: "trafficctl_rounds_total"), StringComparison.Ordinal);
        Assert.Equal(0, asked);
        page.Text();
        Assert.Equal(1, asked);
    }

    [Fact]
    public void Names_follow_the_rules_of_the_trade()
    {
        Assert.Equal(Metrics.All.Length, Metrics.All.Select(m => m.Name).Distinct().Count());
        Assert.Equal(Metrics.All.Length, typeof(Metrics).GetFields().Count(f => f.FieldType == typeof(Metric)));
        Assert.All(Metrics.All, m => Assert.StartsWith("trafficctl_", m.Name, StringComparison.Ordinal));
        Assert.All(Metrics.All, m => Assert.Equal(m.Type == MetricType.Counter, m.Name.EndsWith("_total", StringComparison.Ordinal)));
        Assert.All(Metrics.All.Where(m => m.Labels.Contains("rollout")), m => Assert.EndsWith("_info", m.Name, StringComparison.Ordinal));
    }

    /// <summary>
    /// By what labels mean, over the whole catalogue: a new label is hidden from everybody until it is listed here
    /// and in <see cref="Metric"/>.
    /// </summary>
    [Fact]
    public void Everybody_sees_the_metrics_whose_labels_name_no_version_rollout_or_build_and_no_others()
    {
        string[] harmless =
        [
            "service", "environment", "target", "arm", "outcome", "status", "direction", "phase", "signal", "edge", "decision", "cluster",
            "limit",
        ];
        foreach (var metric in Metrics.All)
        {
            using var text = new MetricText(MetricAudience.Everybody);
            string[] values = [.. metric.Labels.Select(l => $"value-of-{l}")];
            if (metric.Type == MetricType.Histogram)
                text.Add(metric, Counted(9, 1), [], new TargetKey(values[0], values[1], values[2]), values.AsSpan(3));
            else if (metric.Labels.Contains("target"))
                text.Add(metric, 1, new TargetKey(values[0], values[1], values[2]), values.AsSpan(3));
            else text.AddOfProcess(metric, 1, values);
            var page = text.Text();
            Assert.Equal((metric.Name, metric.Labels.All(harmless.Contains)),
                (metric.Name, page.Contains(metric.Name, StringComparison.Ordinal)));
            foreach (var label in metric.Labels.Except(harmless)) Assert.DoesNotContain(label, page, StringComparison.Ordinal);
        }

        Assert.Equal(["trafficctl_build_info", "trafficctl_rollout_info"], Metrics.All.Where(m => !m.IsPublic).Select(m => m.Name).Order());
        var shown = Exposition.Parse(Page(MetricAudience.Everybody));
        Assert.Equal(Metrics.All.Where(m => m.IsPublic).Select(m => m.Name).Order(), shown.Types.Keys.Where(IsOurs).Order());
        Assert.Equal(90, shown.Value("trafficctl_proxy_requests_total", ("arm", "stable"), ("outcome", "success")));
        foreach (var secret in (string[])["\"v1\"", "\"v2\"", "shop-default-1"])
            Assert.DoesNotContain(secret, Page(MetricAudience.Everybody), StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_what_a_controller_of_a_cluster_knows_of_itself()
    {
        var page = Exposition.Parse(Page());
        Assert.Equal(1, page.Value("trafficctl_leader"));
        Assert.Equal(1, page.Value("trafficctl_cluster_leader", ("cluster", "east")));
        Assert.Equal(3, page.Value("trafficctl_discovery_invalid"));
        Assert.Equal(41, page.Value("trafficctl_prometheus_queries_total"));
        Assert.Equal(0, page.Value("trafficctl_drift_total"));
    }

    [Fact]
    public void Shows_what_the_proxy_counted()
    {
        var page = Exposition.Parse(Page());
        Assert.Equal(90, page.Value("trafficctl_proxy_requests_total", ("arm", "stable"), ("outcome", "success")));
        Assert.Equal(2, page.Value("trafficctl_proxy_requests_total", ("arm", "candidate"), ("outcome", "server_error")));
        Assert.Equal(3, page.Value("trafficctl_spilled_total"));
        Assert.Equal(1, page.Value("trafficctl_in_flight", ("arm", "candidate")));
        Assert.Equal(700, page.Value("trafficctl_bytes_total", ("arm", "stable"), ("direction", "out")));
        Assert.Equal(1, page.Value("trafficctl_breaker_trips_total"));
        Assert.Equal(4, page.Value("trafficctl_connect_retries_total", ("arm", "stable")));
        Assert.Equal(1, page.Value("trafficctl_connect_retries_total", ("arm", "candidate")));
    }

    [Fact]
    public void Shows_where_the_rollout_stands_and_what_the_evidence_says()
    {
        var page = Exposition.Parse(Page());
        Assert.Equal(1, page.Value("trafficctl_rollout_info", ("rollout", "shop-default-1"), ("candidate", "v2"), ("strategy", "canary")));
        Assert.Equal("Observing", Assert.Single(page.Samples, s => s.Name == "trafficctl_rollout_phase" && s.Value == 1).Labels["phase"]);
        Assert.Equal(2, page.Value("trafficctl_rollout_step"));
        Assert.Equal(0.25, page.Value("trafficctl_weight_desired_ratio", ("arm", "candidate")));
        Assert.Equal(0, page.Value("trafficctl_weight_applied_ratio", ("arm", "candidate")));
        Assert.Equal(0.2, page.Value("trafficctl_weight_observed_ratio", ("arm", "candidate")));
        Assert.Equal(MetricText.Timestamp(At.AddSeconds(60)), page.Value("trafficctl_step_earliest_end_timestamp_seconds"));
        Assert.Equal(Math.Log(100), page.Value("trafficctl_evidence_bound", ("signal", "combined")));
        Assert.Equal(1.5, page.Value("trafficctl_comparison_ratio", ("edge", "estimate")));
        Assert.DoesNotContain(page.Samples, s => s.Name == "trafficctl_comparison_ratio" && s.Labels["edge"] == "high");
        Assert.Equal(7, page.Value("trafficctl_metric_sample_age_seconds"));
    }

    [Fact]
    public void A_service_before_its_first_rollout_shows_no_candidate_series()
    {
        var totals = new ServiceTotals(
            new TargetKey("shop", "default"), Counted(5, 0), new Counts(), ServiceRoute.Idle(Keys.Of("shop"), 0, "v1"), Exposure.None,
            false,
            0, 0);
        using var text = new MetricText();
        TrafficSamples.Write(text, totals);
        RolloutSamples.Write(
            text, View() with { Newest = null, Seen = null, Router = null, Stable = default, Candidate = default }, TimeSpan.Zero);
        var page = Exposition.Parse(text.Text());
        Assert.DoesNotContain(page.Samples, s => s.Name == "trafficctl_proxy_requests_total" && s.Labels["arm"] == "candidate");
        Assert.Equal(0, page.Value("trafficctl_weight_desired_ratio", ("arm", "candidate")));
        Assert.False(page.Types.ContainsKey("trafficctl_weight_observed_ratio"));
    }

    [Fact]
    public void Copies_of_requests_are_no_share_of_them()
    {
        using var text = new MetricText();
        var view = View();
        RolloutSamples.Write(
            text, view with { Router = view.Router! with { EffectiveExposure = Exposure.OfShadow(Weights.OfCandidate(1000)) } },
            TimeSpan.Zero);
        Assert.False(Exposition.Parse(text.Text()).Types.ContainsKey("trafficctl_weight_observed_ratio"));
    }

    [Fact]
    public void Every_phase_is_a_value_of_its_label_and_has_a_page()
    {
        var family = typeof(Phase).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(Phase))).Select(t => t.Name);
        Assert.Equal(family.Order(), RolloutSamples.Phases.Order());
        foreach (var phase in new Phase[]
        {
            new Phase.Waiting("probe"), new Phase.Shifting(2), new Phase.Observing(2, At, At), new Phase.Baking(At), new Phase.Good(),
            new Phase.Paused(new Phase.Baking(At), PauseCause.Person, "", At), new Phase.RollingBack(RollbackCause.Abort, ""),
            new Phase.RolledBack(RollbackCause.Abort, ""), new Phase.Superseded("v3"), new Phase.Aborted(""),
        })
        {
            using var text = new MetricText();
            RolloutSamples.Write(text, View() with { Newest = Rollout(phase) }, TimeSpan.Zero);
            Assert.Equal(
                phase.Name,
                Assert.Single(
                    Exposition.Parse(text.Text()).Samples, s => s.Name == "trafficctl_rollout_phase" && s.Value == 1).Labels["phase"]);
        }
    }

    [Fact]
    public void The_histogram_is_cumulative_complete_and_within_one_percent_of_its_bounds()
    {
        Assert.Equal(24, LatencyBounds.Seconds.Length);
        for (var i = 0; i < LatencyBounds.Seconds.Length; i++)
            Assert.InRange(LatencyBuckets.UpperSeconds(LatencyBounds.LastBucket[i]) / LatencyBounds.Seconds[i], 0.99, 1.01);
        Assert.Equal(LatencyBounds.LastBucket.Distinct().Order(), LatencyBounds.LastBucket.AsEnumerable());

        var counts = new Counts { LatencySum = 12.5 };
        for (var i = 0; i < counts.Latency.Length; i++) counts.Latency[i] = i + 1;
        using var text = new MetricText();
        text.Add(Metrics.Duration, counts, [], Keys.Of("shop"), "stable");
        var page = Exposition.Parse(text.Text());
        var buckets = page.Samples.Where(s => s.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToList();
        Assert.Equal([.. LatencyBounds.Seconds, double.PositiveInfinity], buckets.Select(b => b.Labels["le"] == "+Inf"
            ? double.PositiveInfinity
            : double.Parse(b.Labels["le"], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(buckets.Select(b => b.Value).Order(), buckets.Select(b => b.Value));
        for (var i = 0; i < LatencyBounds.Seconds.Length; i++)
            Assert.Equal(counts.Latency.Take(LatencyBounds.LastBucket[i] + 1).Sum(), buckets[i].Value);
        Assert.Equal(counts.Latency.Sum(), buckets[^1].Value);
        Assert.Equal(counts.Latency.Sum(), page.Value("trafficctl_proxy_request_duration_seconds_count"));
        Assert.Equal(12.5, page.Value("trafficctl_proxy_request_duration_seconds_sum"));
    }

    [Fact]
    public void Odd_names_are_escaped_and_odd_numbers_written_as_the_format_wants()
    {
        using var text = new MetricText();
        text.Add(Metrics.Spilled, double.PositiveInfinity, new TargetKey("a\"b\\c\nd{},=é", "x"));
        text.Add(Metrics.Spilled, 1e-7, new TargetKey("", "y"));
        text.Add(Metrics.Spilled, double.NegativeInfinity, new TargetKey("", "z"));
        text.Add(Metrics.Spilled, double.NaN, new TargetKey("", "n"));
        var page = Exposition.Parse(text.Text());
        Assert.Equal(["a\"b\\c\nd{},=é", "", "", ""], page.Samples.Select(s => s.Labels["service"]));
        Assert.Equal([double.PositiveInfinity, 1e-7, double.NegativeInfinity, double.NaN], page.Samples.Select(s => s.Value));
        Assert.Throws<ArgumentException>(() => text.Add(Metrics.Spilled, 1, Keys.Of("shop"), "one too many"));
    }

    [Fact]
    public void Shows_the_process_and_the_runtime_to_everybody()
    {
        foreach (var audience in (MetricAudience[])[MetricAudience.ThisMachine, MetricAudience.Everybody])
        {
            var page = Exposition.Parse(Page(audience));
            Assert.True(page.Value("process_resident_memory_bytes") > 1e6);
            Assert.True(page.Value("process_cpu_seconds_total") > 0);
            Assert.True(page.Value("process_start_time_seconds") > 1e9);
            Assert.True(page.Value("dotnet_gc_allocated_bytes_total") > 0);
            Assert.True(page.Value("dotnet_collection_count_total", ("generation", "0")) >= 0);
        }
    }

    private static string Page(
        MetricAudience audience = MetricAudience.ThisMachine, ExpositionFormat format = ExpositionFormat.PrometheusText,
        params string[] names)
    {
        var clock = new ManualClock(At.AddSeconds(7));
        var (views, control, reloads) = (new Views(), new ControlMetrics(), new ConfigReloads(new ManualClock(At)));
        // Seven seconds later the clock is set back: the age of what is shown stays seven seconds.
        views.Put(View() with { Timestamp = At.UtcTicks });
        clock.Set(TimeSpan.FromHours(-1));
        control.Decided(new DecisionLabel(new TargetKey("shop", "default"), "advance"), At);
        reloads.Succeeded();
        var signs = new ClusterSigns(true, 3, 41) { Named = [("east", true)] };
        using var limited = new LimitCounts(clock, NullLogger<LimitCounts>.Instance);
        var page = new MetricsPage(
            () => [Totals()], views, control, reloads, clock, () => signs, new DataSigns(), new WatchCounts(), limited);
        return page.Text(audience, format, names);
    }

    private static bool IsOurs(string name) => name.StartsWith("trafficctl_", StringComparison.Ordinal);

    private static ServiceTotals Totals()
    {
        var (stable, candidate) = (Counted(90, 1), Counted(20, 2));
        stable.BytesOut = 700;
        candidate.ByOutcome[(int)Outcome.Spill] = 3;
        candidate.Started = 26;
        candidate.Ended = 25;
        return new ServiceTotals(
            new TargetKey("shop", "default"), stable, candidate, Exposures.RouteFor(Rollout(new Phase.Observing(1, At, At))), Exposure.None,
            true, 1, 0)
        {
            StableConnectRetries = 4,
            CandidateConnectRetries = 1,
        };
    }

    private static Counts Counted(long good, long bad)
    {
        var counts = new Counts { Started = good + bad, Ended = good + bad };
        counts.ByOutcome[(int)Outcome.Success] = good;
        counts.ByOutcome[(int)Outcome.ServerError] = bad;
        counts.Latency[100] = good + bad;
        counts.Statuses()[ClientStatuses.IndexOf(404)] = 1;
        return counts;
    }

    private static RolloutState Rollout(Phase phase) =>
        new("shop-default-1", "shop", "default", 1, "v1", "v2", 4, At, At, phase) { Plan = Plan };

    private static ServiceView View()
    {
        var state = Rollout(new Phase.Observing(1, At, At));
        var finding = new Finding(
            "errors", Verdict.Unsure, 1.5, 0.9, double.NaN, 0.5, 3, new Core.Judging.Sample(1, 90), new Core.Judging.Sample(2, 20), "");
        var seen = new Seen { Judgement = new Judgement(Verdict.Unsure, 2, 100, null, [finding], "", null) };
        var live = new ArmHealth(2, 1, 2, null);
        return new ServiceView(
            new ServiceSpec
            {
                Service = "shop",
                Target = new EmbeddedTarget
                {
                    Listen = new Listener("127.0.0.1", 0, null),
                },
                Stable = "v1",
                Versions = [new VersionSpec("v1", [new Uri("http://127.0.0.1:1")]), new VersionSpec("v2", [new Uri("http://127.0.0.1:2")])],
            },
            null, state, seen, null, new RouterStatus(Exposures.RouteFor(state), Exposure.None, live, live, null),
            new ArmRates(80, 0, 0, 0, 0, 90, 1), new ArmRates(20, 0, 0, 0, 0, 25, 5), ["trouble"], At);
    }
}
