using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>An instant vector.</summary>
/// <param name="Samples">In the order of the answer.</param>
/// <param name="Warnings">Not empty: the answer may be partial, and nothing is concluded from it.</param>
internal sealed record PromAnswer(ImmutableArray<PromSample> Samples, ImmutableArray<string> Warnings);

/// <summary>One series at one instant.</summary>
/// <param name="Value">NaN for a native histogram.</param>
/// <param name="Histogram">Null for a number.</param>
internal readonly record struct PromSample(PromLabels Labels, double Value, NativeHistogram? Histogram = null);

/// <summary>A native histogram as the API tells it: buckets that hold something.</summary>
internal sealed record NativeHistogram(double Count, double Sum, ImmutableArray<NativeBucket> Buckets);

/// <param name="Rule">0 (left, right], 1 [left, right), 2 (left, right), 3 [left, right].</param>
internal readonly record struct NativeBucket(int Rule, double Left, double Right, double Count);
