using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus.Presets;

/// <summary>A preset is one file and one row: what may be written for <c>metrics</c>, its schema and its documents follow.</summary>
public sealed class NewPresetTests
{
    private static readonly ImmutableArray<MetricPreset> WithNew =
    [
        .. PresetList.All,
        new PlainPreset(),
    ];

    [Fact]
    public async Task A_new_preset_is_one_file_and_one_row_to_whoever_measures()
    {
        var clock = new ManualClock(DateTimeOffset.FromUnixTimeSeconds(1_770_000_000));
        var prometheus = new FakePrometheus();
        var options = new PrometheusOptions(new Uri("http://prometheus:9090")) { Presets = WithNew };
        var source = new PrometheusSource(
            new HttpMessageInvoker(prometheus.Http), options, new FixedTargets(PresetTests.Target with { Metrics = "plain" }),
            new FixedRoutes(SourceTests.Split), static _ => [], clock, NullLogger<PrometheusSource>.Instance);
        for (var round = 1; round <= 3; round++)
        {
            await source.ReadAsync(Keys.Of(SourceTests.Service), default);
            prometheus.Scrape(
                clock.GetUtcNow() - TimeSpan.FromSeconds(30), "gateway:9100",
                ("plain_requests_total{service=\"checkout-stable\",code=\"200\"}", 90 * round),
                ("plain_requests_total{service=\"checkout-canary\",code=\"200\"}", 9 * round),
                ("plain_requests_total{service=\"checkout-canary\",code=\"503\"}", 1 * round));
            await source.RoundAsync(default);
            clock.Advance(TimeSpan.FromSeconds(15));
        }

        var reading = (await source.ReadAsync(Keys.Of(SourceTests.Service), default))!;
        var (stable, candidate) = (
            reading.Arms.Single(a => a.Arm == Arm.Stable).Counts, reading.Arms.Single(a => a.Arm == Arm.Candidate).Counts);
        Assert.Equal((180, 20, 2), (stable.Requests, candidate.Requests, candidate.Failures));
    }

    [Fact]
    public void Without_its_row_a_name_is_refused_with_those_that_are_known()
    {
        Assert.Null(PresetList.Find(PresetList.All, "plain"));
        Assert.NotNull(PresetList.Find(WithNew, "plain"));
        Assert.Equal(PresetList.All.Length, PrometheusPresets.Names.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_page_of_Prometheus_has_a_row_for_each()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "prometheus.md")).SkipWhile(
            l => !l.StartsWith("| preset |", StringComparison.Ordinal))
            .Skip(2).TakeWhile(l => l.StartsWith('|')).SelectMany(l => l.Split('|', StringSplitOptions.TrimEntries)[1].Split(", "));
        Assert.Equal(PrometheusPresets.Names.Select(n => $"`{n}`").Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_the_page_for_contributors_shows_of_a_new_preset_is_what_these_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "contributing.md"));
        var here = Path.Combine(Repository.Root, "tests", "TrafficCtl.Adapters.Tests", "Metrics", "Prometheus", "Presets");
        var file = File.ReadAllText(Path.Combine(here, "PlainPreset.cs"));
        Assert.Contains(file[file.IndexOf("internal sealed class", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
        var rows = File.ReadAllText(Path.Combine(here, "NewPresetTests.cs"));
        var begin = rows.IndexOf("        new PlainPreset()", StringComparison.Ordinal);
        var row = rows[begin..rows.IndexOf("    ];", begin, StringComparison.Ordinal)].TrimEnd();
        Assert.Contains(row, page, StringComparison.Ordinal);
        Assert.True(row.Split('\n').Length <= 5, "a new preset changes at most five lines outside its own file");
    }
}
