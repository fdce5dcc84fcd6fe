using System.Collections.Immutable;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>An instant vector.</summary>
/// <param name="Samples">In the order of the answer.</param>
/// <param name="Warnings">Not empty: the answer may be partial, and nothing is concluded from it.</param>
internal sealed record PromAnswer(ImmutableArray<PromSample> Samples, ImmutableArray<string> Warnings);

/// <summary>One series at one instant.</summary>
/// <param name="Value">NaN for a native histogram.</param>
/// <param name="Histogram">Null for a number.</param>
internal readonly record struct PromSample(PromLabels Labels, double Value, NativeHistogram? Histogram = null);

/// <summary>A series' labels: few, so they are looked through.</summary>
internal readonly struct PromLabels(KeyValuePair<string, string>[] pairs)
{
    private readonly KeyValuePair<string, string>[]? pairs = pairs;

    /// <summary>Empty for a label that it does not have, as Prometheus has it.</summary>
    public string this[string name]
    {
        get
        {
            foreach (var (key, value) in pairs ?? [])
                if (key == name) return value;
            return "";
        }
    }

    /// <summary>In the order of the answer.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> All => pairs;
}

/// <summary>A native histogram as the API tells it: buckets that hold something.</summary>
internal sealed record NativeHistogram(double Count, double Sum, ImmutableArray<NativeBucket> Buckets);

/// <param name="Rule">0 (left, right], 1 [left, right), 2 (left, right), 3 [left, right].</param>
internal readonly record struct NativeBucket(int Rule, double Left, double Right, double Count);
