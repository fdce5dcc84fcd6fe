using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>How findings speak of samples and latencies; the numbers themselves are formatted by <see cref="NumberText"/>.</summary>
internal static class SignalWords
{
    public static string Of(Sample sample) => $"{NumberText.Percent(sample.Rate)} of {NumberText.Count(sample.Requests)}";

    /// <summary>
    /// A quantile of latency; infinity lies in the overflow bucket, of which the proxy knows where it ends and a file does not.
    /// </summary>
    public static string Latency(double seconds, LatencyLayout layout) =>
        (double.IsPositiveInfinity(seconds) && layout != LatencyLayout.Proxy ? "slower than " : "") + Bound(seconds, layout);

    /// <summary>An edge of the buckets.</summary>
    public static string Bound(double seconds, LatencyLayout layout) =>
        !double.IsPositiveInfinity(seconds) ? DurationText.OfSeconds(seconds)
        : layout == LatencyLayout.Proxy ? "the deadline"
        : $"the last bound ({DurationText.OfSeconds(layout.UpperSeconds(layout.Overflow - 1))})";

    public static string Shift(LatencyLayout layout, int buckets) => NumberText.Percent(Math.Exp(buckets * layout.LogRatio) - 1);
}
