using System.Globalization;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Numbers for a reader.</summary>
internal static class Words
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <summary><c>5.1 %</c>, <c>0.12 %</c>, <c>0.0031 %</c>.</summary>
    public static string Percent(double rate)
    {
        var percent = rate * 100;
        var format = percent switch { >= 1 => "0.#", >= 0.1 => "0.##", _ => "0.####" };
        return percent.ToString(format, Plain) + " %";
    }

    /// <summary><c>5,920</c>.</summary>
    public static string Count(double n) => n.ToString("N0", Plain);

    public static string Of(Sample sample) => $"{Percent(sample.Rate)} of {Count(sample.Requests)}";

    /// <summary>An e-value by its logarithm.</summary>
    public static string E(double logE) => logE switch
    {
        double.NegativeInfinity => "0",
        < 3.5 => Math.Exp(logE).ToString("0.##", Plain),
        < 13.8 => Math.Exp(logE).ToString("N0", Plain),
        _ => "10^" + (logE / Math.Log(10)).ToString("0", Plain),
    };

    public static string Ratio(double ratio) => ratio.ToString(ratio < 10 ? "0.##" : "0", Plain);

    public static string Seconds(double seconds) => seconds switch
    {
        >= 10 => seconds.ToString("0.#", Plain) + " s",
        >= 0.01 => (seconds * 1000).ToString("0", Plain) + " ms",
        _ => (seconds * 1000).ToString("0.##", Plain) + " ms",
    };

    /// <summary>A quantile of latency; infinity lies in the overflow bucket, of which the proxy knows where it ends and a file does not.</summary>
    public static string Latency(double seconds, LatencyLayout layout) =>
        (double.IsPositiveInfinity(seconds) && layout != LatencyLayout.Proxy ? "slower than " : "") + Bound(seconds, layout);

    /// <summary>An edge of the buckets.</summary>
    public static string Bound(double seconds, LatencyLayout layout) =>
        !double.IsPositiveInfinity(seconds) ? Seconds(seconds)
        : layout == LatencyLayout.Proxy ? "the deadline"
        : $"the last bound ({Seconds(layout.UpperSeconds(layout.Overflow - 1))})";

    /// <summary><c>40 s</c>, <c>22 min</c>, <c>3.5 h</c>.</summary>
    public static string Span(TimeSpan time) => time.TotalSeconds switch
    {
        < 100 => time.TotalSeconds.ToString("0", Plain) + " s",
        < 7200 => time.TotalMinutes.ToString("0", Plain) + " min",
        _ => time.TotalHours.ToString("0.#", Plain) + " h",
    };

    public static string Points(double fraction) => (fraction * 100).ToString("0.###", Plain) + " pp";

    public static string Shift(LatencyLayout layout, int buckets) =>
        ((Math.Exp(buckets * layout.LogRatio) - 1) * 100).ToString("0.#", Plain) + " %";
}
