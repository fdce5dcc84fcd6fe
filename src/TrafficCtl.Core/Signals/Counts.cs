using System.Numerics;

namespace TrafficCtl.Core.Signals;

/// <summary>Measurements of one arm of one population: additive counters, so that replicas and intervals merge by addition.</summary>
/// <remarks>Mutable and reused by its one owner; never shared between threads.</remarks>
public sealed class Counts
{
    /// <summary>Of the proxy's own buckets.</summary>
    public Counts()
        : this(LatencyLayout.Proxy)
    {
    }

    public Counts(LatencyLayout layout) => (Layout, Latency) = (layout, new long[layout.Count]);

    public LatencyLayout Layout { get; }

    /// <summary>Requests by <see cref="Outcome"/>.</summary>
    public long[] ByOutcome { get; } = new long[Outcomes.Count];

    /// <summary>Failures with at most three per user in ten minutes.</summary>
    public long CappedFailures { get; set; }

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    /// <summary>Requests dispatched so far; less those ended it is what is in flight.</summary>
    public long Started { get; set; }

    public long Ended { get; set; }

    /// <summary>Σ latency in seconds of what is in <see cref="Latency"/>.</summary>
    public double LatencySum { get; set; }

    /// <summary>Counts per bucket of <see cref="Layout"/>.</summary>
    public long[] Latency { get; }

    /// <summary>n: dispatched requests with an outcome that counts.</summary>
    public long Requests
    {
        get
        {
            long sum = 0;
            for (var i = 0; i < ByOutcome.Length; i++)
                if (((Outcome)i).IsCounted()) sum += ByOutcome[i];
            return sum;
        }
    }

    /// <summary>Failures without the cap per user.</summary>
    public long Failures
    {
        get
        {
            long sum = 0;
            for (var i = (int)Outcome.ServerError; i < ByOutcome.Length; i++) sum += ByOutcome[i];
            return sum;
        }
    }

    public long InFlight => Started - Ended;

    public void Clear()
    {
        Array.Clear(ByOutcome);
        Array.Clear(Latency);
        (CappedFailures, BytesIn, BytesOut, Started, Ended, LatencySum) = (0, 0, 0, 0, 0, 0);
    }

    /// <summary>Adds counts of the same layout.</summary>
    public void Add(Counts other) => Accumulate(other, 1);

    /// <summary>Turns a cumulative reading into a window: this minus an earlier reading of the same counters.</summary>
    public void Subtract(Counts earlier) => Accumulate(earlier, -1);

    public void CopyFrom(Counts other)
    {
        Clear();
        Add(other);
    }

    private void Accumulate(Counts other, int sign)
    {
        Accumulate(ByOutcome, other.ByOutcome, sign);
        Accumulate(Latency, other.Latency, sign);
        CappedFailures += sign * other.CappedFailures;
        BytesIn += sign * other.BytesIn;
        BytesOut += sign * other.BytesOut;
        Started += sign * other.Started;
        Ended += sign * other.Ended;
        LatencySum += sign * other.LatencySum;
    }

    private static void Accumulate(Span<long> sum, ReadOnlySpan<long> more, int sign)
    {
        var i = 0;
        for (; i <= sum.Length - Vector<long>.Count; i += Vector<long>.Count)
        {
            Vector<long> held = new(sum[i..]), by = new(more[i..]);
            (sign > 0 ? held + by : held - by).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++) sum[i] += sign * more[i];
    }
}
