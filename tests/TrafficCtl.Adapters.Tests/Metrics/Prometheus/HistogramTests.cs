using System.Text.Json;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class HistogramTests
{
    // As Prometheus 2.53 answers sum by (service, instance) (traefik_service_request_duration_seconds): schema 3, a zero bucket.
    private const string Native = """
        {"status":"success","data":{"resultType":"vector","result":[
          {"metric":{"service":"shop-checkout-80@kubernetescrd","instance":"10.0.0.7:8080","job":"traefik"},
           "histogram":[1770000000,{"count":"20","sum":"1.9","buckets":[
             [3,"-2.938735877055719e-39","2.938735877055719e-39","1"],
             [0,"0.0625","0.06815673193842227","4"],
             [0,"0.08105207533896373","0.08838834764831845","10"],
             [0,"0.125","0.1363134638768445","5"]]}]},
          {"metric":{"service":"shop-checkout-80@kubernetescrd","instance":"10.0.0.8:8080","job":"traefik"},
           "histogram":[1770000000,{"count":"0","sum":"0"}]},
          {"metric":{"trafficctl":"scraped","instance":"10.0.0.7:8080","job":"traefik"},"value":[1770000000,"1769999995.5"]},
          {"metric":{"trafficctl":"scraped","instance":"10.0.0.8:8080","job":"traefik"},"value":[1770000000,"1769999996"]}]}}
        """;

    private static readonly SignalQuery Query = PresetList.Find("traefik")!.Latency;

    [Fact]
    public void Folds_a_native_histogram_to_the_edges_of_its_schema()
    {
        var unit = Assert.Single(Read(Native));
        Assert.Equal(161, unit.Bounds.Length);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_769_999_995_500), unit.At);
        Assert.Equal(Math.Pow(2, -13), unit.Bounds[0]);
        Assert.Equal(128, unit.Bounds[^1]);
        Assert.Equal((1.0, 5.0, 15.0, 20.0, 20.0), (UpTo(unit, 0.0626), UpTo(unit, 0.07), UpTo(unit, 0.09), UpTo(unit, 0.14), unit.Total));
        Assert.True(TrafficCtl.Core.Signals.LatencyLayout.Of(unit.Bounds).LogRatio > 0.08);
    }

    [Fact]
    public void Folds_finer_schemas_to_edges_that_can_be_shifted_by_whole_buckets()
    {
        var fine = NativeBuckets.Fold(
            new NativeHistogram(3, 1, [new NativeBucket(0, Math.Pow(2, 1 / 256.0), Math.Pow(2, 2 / 256.0), 3)]), 1)!.Value;
        Assert.Equal(321, fine.Bounds.Length);
        Assert.True(TrafficCtl.Core.Signals.LatencyLayout.Of(fine.Bounds).IsFine);
        Assert.Equal(3, fine.Values[^1]);
    }

    [Fact]
    public void Coarser_and_finer_schemas_share_their_edges()
    {
        var three = NativeBuckets.Fold(new NativeHistogram(1, 1, [new NativeBucket(0, 1, Math.Pow(2, 1 / 8.0), 1)]), 1)!.Value.Bounds;
        var two = NativeBuckets.Fold(new NativeHistogram(1, 1, [new NativeBucket(0, 1, Math.Pow(2, 1 / 4.0), 1)]), 1)!.Value.Bounds;
        Assert.All(two, edge => Assert.True(Array.BinarySearch(three, edge) >= 0));
    }

    [Fact]
    public void Refuses_custom_buckets_and_says_what_to_do()
    {
        var thrown =
            Assert.Throws<FormatException>(() => NativeBuckets.Fold(new NativeHistogram(1, 1, [new NativeBucket(0, 1, 10, 1)]), 1));
        Assert.Contains("always_scrape_classic_histograms", thrown.Message);
    }

    [Fact]
    public void Prefers_the_native_histogram_where_both_are_scraped()
    {
        var both = Native.Replace("\"result\":[", """
            "result":[{"metric":{"service":"shop-checkout-80@kubernetescrd","instance":"10.0.0.7:8080","job":"traefik","le":"+Inf"},"value":[1770000000,"20"]},
            {"metric":{"service":"shop-checkout-80@kubernetescrd","instance":"10.0.0.7:8080","job":"traefik","le":"0.1"},"value":[1770000000,"15"]},
            """, StringComparison.Ordinal);
        Assert.Equal(161, Assert.Single(Read(both)).Bounds.Length);
    }

    [Theory]
    [InlineData("500", "1000")]
    [InlineData("500.0", "1000.0")]
    [InlineData("5e+02", "1e+03")]
    public void Reads_bounds_however_their_numbers_are_written(string first, string second)
    {
        var sorted = ClassicBuckets.Sort([(double.PositiveInfinity, 9), (Bound(second), 8), (Bound(first), 5)])!.Value;
        Assert.Equal([0.5, 1], sorted.Bounds);
        Assert.Equal([5, 8, 9], sorted.Values);
    }

    [Fact]
    public void Leaves_out_bounds_that_are_no_time_and_a_histogram_without_a_total()
    {
        Assert.Equal([0.5], ClassicBuckets.Sort([(0, 1), (0.5, 5), (double.PositiveInfinity, 9)])!.Value.Bounds);
        Assert.Null(ClassicBuckets.Sort([(0.5, 5), (1, 9)]));
        Assert.Null(ClassicBuckets.Sort([]));
    }

    private static double Bound(string le)
    {
        Assert.True(PromReader.TryNumber(le, out var bound));
        return bound / 1000;
    }

    private static double UpTo(Unit unit, double seconds) => unit.Values[~Array.BinarySearch(unit.Bounds, seconds) - 1];

    private static List<Unit> Read(string body)
    {
        using var json = JsonDocument.Parse(body);
        var answer = PromReader.Read(json.RootElement);
        return Units.Read(answer, Units.Times(answer), Query);
    }
}
