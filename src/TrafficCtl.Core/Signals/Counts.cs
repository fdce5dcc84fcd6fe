using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace TrafficCtl.Core.Signals;

/// <summary>Measurements of one arm of one population: additive counters, so that replicas and intervals merge by addition.</summary>
/// <remarks>Mutable and reused by its one owner; never shared between threads.</remarks>
[SuppressMessage("Performance", "CA1819", Justification = "Counters that are reused: a copy a read would be garbage a tick.")]
public sealed class Counts
{
    private long[]? latency;

    /// <summary>Counts in the proxy's own buckets.</summary>
    public Counts()
        : this(LatencyLayout.Proxy)
    {
    }

    public Counts(LatencyLayout layout) => Layout = layout;

    public LatencyLayout Layout { get; }

    /// <summary>Requests by <see cref="Outcome"/>.</summary>
    public long[] ByOutcome { get; } = new long[Outcomes.Count];

    /// <summary>Failures with at most three per user in ten minutes; those of <see cref="CappedLate"/> are of the same three.</summary>
    public long CappedFailures { get; set; }

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    /// <summary>Requests dispatched so far; less those ended it is what is in flight.</summary>
    public long Started { get; set; }

    public long Ended { get; set; }

    /// <summary>Σ latency in seconds of what is in <see cref="Latency"/> and <see cref="Surplus"/>.</summary>
    public double LatencySum { get; set; }

    /// <summary>
    /// Counts per bucket of <see cref="Layout"/>: requests with an outcome that counts, and those whose client left an answer that had
    /// stopped in its middle, which took at least so long. To be written to; who only reads takes <see cref="Times"/>.
    /// </summary>
    public long[] Latency => latency ??= new long[Layout.Count];

    /// <summary>
    /// <see cref="Latency"/> as it is. Its seven kilobytes are only there once something was counted: most services are quiet.
    /// </summary>
    public ReadOnlySpan<long> Times => latency ?? Layout.Zeros;

    /// <summary>
    /// Requests that their clients abandoned while the proxy waited for the first byte of an answer, per bucket of the time from
    /// dispatch to then. Null while there are none.
    /// </summary>
    public long[]? Abandoned { get; private set; }

    /// <summary>Requests that their clients abandoned later than stable usually answers.</summary>
    public long Late { get; set; }

    /// <summary>The same with at most three per user in ten minutes, failures included.</summary>
    public long CappedLate { get; set; }

    /// <summary>
    /// How many of <see cref="Requests"/> came from users who had met their three failures in ten minutes before: left out of what is
    /// judged, and of <see cref="Latency"/>.
    /// </summary>
    public long Excess { get; set; }

    /// <summary>How long those took, per bucket. Null while there are none.</summary>
    public long[]? Surplus { get; private set; }

    /// <summary>Requests that such users abandoned, left out of <see cref="Abandoned"/>. Null while there are none.</summary>
    public long[]? SurplusAbandoned { get; private set; }

    /// <summary>The same by route group. Null where that is not measured.</summary>
    public PathCounts? Paths { get; private set; }

    /// <summary>n as it is judged: every user counts up to its third failure in ten minutes.</summary>
    public long Weighed => Requests - Excess;

    /// <summary>
    /// Whoever counted these tells client errors (4xx) from successes. False: nothing is known of them, which is neither good nor bad.
    /// </summary>
    public bool TellsClientErrors { get; set; }

    /// <summary>Client errors with at most three per user in ten minutes.</summary>
    public long CappedClientErrors { get; set; }

    /// <summary>How many of <see cref="Requests"/> came from users who had met three client errors in ten minutes before.</summary>
    public long ClientErrorExcess { get; set; }

    /// <summary>
    /// All client errors, per slot of <see cref="ClientStatuses"/>. Null where statuses are not told, or there were none.
    /// </summary>
    public long[]? ByStatus { get; private set; }

    /// <summary>
    /// Bodies of successful responses, per bucket of <see cref="SizeBuckets"/>. Null where they are not measured, or there were none.
    /// </summary>
    public long[]? Sizes { get; private set; }

    /// <summary>All client errors without the cap per user.</summary>
    public long ClientErrors => ByOutcome[(int)Outcome.ClientError];

    /// <summary>n of client errors as they are judged: every user counts up to its third client error in ten minutes.</summary>
    public long WeighedClients => Requests - ClientErrorExcess;

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

    /// <summary>The outcomes do not say all of the client errors.</summary>
    internal bool HasClientErrors =>
        TellsClientErrors || ClientErrorExcess != 0 || CappedClientErrors != ClientErrors
        || (ByStatus is { } statuses && statuses.AsSpan().ContainsAnyExcept(0));

    /// <summary>The body of a response was measured.</summary>
    internal bool HasSizes => Sizes is { } sizes && sizes.AsSpan().ContainsAnyExcept(0);

    /// <summary>The histogram of <see cref="Abandoned"/>, to be written to.</summary>
    public long[] Abandon() => Abandoned ??= new long[Layout.Count];

    /// <summary>The histogram of <see cref="Surplus"/>, to be written to.</summary>
    public long[] Exceed() => Surplus ??= new long[Layout.Count];

    /// <summary>The histogram of <see cref="SurplusAbandoned"/>, to be written to.</summary>
    public long[] ExceedAbandoned() => SurplusAbandoned ??= new long[Layout.Count];

    /// <summary>The counts of <see cref="ByStatus"/>, to be written to.</summary>
    public long[] Statuses() => ByStatus ??= new long[ClientStatuses.Count];

    /// <summary>The histogram of <see cref="Sizes"/>, to be written to.</summary>
    public long[] Measure() => Sizes ??= new long[SizeBuckets.Count];

    /// <summary><see cref="Paths"/>, to be written to.</summary>
    /// <param name="groups">The rest included.</param>
    public PathCounts ByPath(int groups)
    {
        Paths ??= new PathCounts();
        if (Paths.Groups != groups) Paths.Begin(groups);
        return Paths;
    }

    /// <summary>
    /// Takes the cap per user off failures: every request counts, and every failure. Client errors stay capped: a scanner that makes
    /// most of the traffic gets nothing but 404 from every version.
    /// </summary>
    public void CountAll()
    {
        if (Surplus is { } surplus) Accumulate(Latency, surplus, 1);
        if (SurplusAbandoned is { } abandoned) Accumulate(Abandon(), abandoned, 1);
        ClearSurplus();
        (CappedFailures, CappedLate, Excess) = (Failures, Late, 0);
    }

    public void Clear()
    {
        Array.Clear(ByOutcome);
        if (latency is not null) Array.Clear(latency);
        if (Abandoned is not null) Array.Clear(Abandoned);
        ClearSurplus();
        if (ByStatus is not null) Array.Clear(ByStatus);
        if (Sizes is not null) Array.Clear(Sizes);
        Paths?.Begin(0);
        (CappedFailures, Late, CappedLate, Excess) = (0, 0, 0, 0);
        (TellsClientErrors, CappedClientErrors, ClientErrorExcess) = (false, 0, 0);
        (BytesIn, BytesOut, Started, Ended, LatencySum) = (0, 0, 0, 0, 0);
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
            if (other.latency is { } times && (latency is not null || times.AsSpan().ContainsAnyExcept(0)))
                Accumulate(Latency, times, other.Layout, isSame, sign);
            if (other.Abandoned is { } abandoned) Accumulate(Abandon(), abandoned, other.Layout, isSame, sign);
            if (other.Surplus is { } surplus) Accumulate(Exceed(), surplus, other.Layout, isSame, sign);
            if (other.SurplusAbandoned is { } left) Accumulate(ExceedAbandoned(), left, other.Layout, isSame, sign);
        }

        if (other.ByStatus is { } statuses) Accumulate(Statuses(), statuses, sign);
        if (other.Sizes is { } sizes) Accumulate(Measure(), sizes, sign);
        TellsClientErrors |= other.TellsClientErrors;
        CappedClientErrors += sign * other.CappedClientErrors;
        ClientErrorExcess += sign * other.ClientErrorExcess;
        if (other.Paths is { Groups: > 0 } paths)
        {
            Paths ??= new PathCounts();
            if (sign > 0) Paths.Add(paths);
            else Paths.Subtract(paths);
        }

        Excess += sign * other.Excess;
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

    private void ClearSurplus()
    {
        if (Surplus is not null) Array.Clear(Surplus);
        if (SurplusAbandoned is not null) Array.Clear(SurplusAbandoned);
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
