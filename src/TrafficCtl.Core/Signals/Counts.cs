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

    /// <summary>
    /// Counts per bucket of <see cref="Layout"/>: requests with an outcome that counts, and those whose client left an answer that had
    /// stopped in its middle, which took at least so long.
    /// </summary>
    public long[] Latency { get; }

    /// <summary>
    /// Requests that their clients abandoned while the proxy waited for the first byte of an answer, per bucket of the time from
    /// dispatch to then. Null while there are none.
    /// </summary>
    public long[]? Abandoned { get; private set; }

    /// <summary>Requests that their clients abandoned later than stable usually answers.</summary>
    public long Late { get; set; }

    /// <summary>The same with at most three per user in ten minutes, failures included.</summary>
    public long CappedLate { get; set; }

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

    /// <summary>All of <see cref="Abandoned"/>.</summary>
    public long AbandonedTotal => Abandoned is { } counts ? counts.Sum() : 0;

    /// <summary>Something was abandoned.</summary>
    public bool HasWaits => Late != 0 || CappedLate != 0 || (Abandoned is { } counts && counts.AsSpan().ContainsAnyExcept(0));

    /// <summary>The histogram of <see cref="Abandoned"/>, to be written to.</summary>
    public long[] Abandon() => Abandoned ??= new long[Layout.Count];

    public void Clear()
    {
        Array.Clear(ByOutcome);
        Array.Clear(Latency);
        if (Abandoned is not null) Array.Clear(Abandoned);
        (CappedFailures, Late, CappedLate, BytesIn, BytesOut, Started, Ended, LatencySum) = (0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>Adds counts of the same layout, of one that refines it, or of none.</summary>
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
        if (!other.Layout.IsNone)
        {
            var isSame = Layout.Matches(other.Layout);
            Accumulate(Latency, other.Latency, other.Layout, isSame, sign);
            if (other.Abandoned is { } abandoned) Accumulate(Abandon(), abandoned, other.Layout, isSame, sign);
        }

        CappedFailures += sign * other.CappedFailures;
        Late += sign * other.Late;
        CappedLate += sign * other.CappedLate;
        BytesIn += sign * other.BytesIn;
        BytesOut += sign * other.BytesOut;
        Started += sign * other.Started;
        Ended += sign * other.Ended;
        LatencySum += sign * other.LatencySum;
    }

    private void Accumulate(long[] sum, long[] more, LatencyLayout of, bool isSame, int sign)
    {
        if (isSame) Accumulate(sum, more, sign);
        else
            for (var i = 0; i < more.Length; i++) sum[Layout.IndexOf(of.UpperSeconds(i))] += sign * more[i];
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
