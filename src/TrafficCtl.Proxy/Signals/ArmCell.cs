using System.Numerics;
using System.Runtime.CompilerServices;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>Counters of one arm of one population under one rollout: cumulative, striped over the processors, free of allocation.</summary>
/// <remarks>
/// The cell of a request's dispatch is kept until its end, so that a late completion is counted where it was sent.
/// Each stripe is a run of longs of its own cache lines; a reader adds the stripes up. Requests of stable that end on an
/// instance of a group are counted in the part of that group instead: an arm is the sum of its parts and of what is in none.
/// </remarks>
/// <param name="users">The users of the arm, over all of its cells.</param>
/// <param name="secondsPerTimestampTick">The seconds per timestamp tick of the clock that elapsed times are in.</param>
/// <param name="usual">When a client that leaves leaves late; null for never.</param>
/// <param name="groups">What is counted apart; null for nothing.</param>
internal sealed class ArmCell(UserTable users, double secondsPerTimestampTick, UsualTime? usual = null, InstanceGroups? groups = null)
{
    private const int Started = Outcomes.Count, Elapsed = Started + 1, BytesIn = Started + 2, BytesOut = Started + 3,
        Capped = Started + 4, Anonymous = Started + 5, AnonymousFailures = Started + 6, Late = Started + 7, CappedLate = Started + 8,
        Excess = Started + 9, CappedClients = Started + 10, ClientExcess = Started + 11, FirstStatus = Started + 12,
        FirstSize = FirstStatus + ClientStatuses.Count, FirstBucket = FirstSize + SizeBuckets.Count;

    private const int LongsPerLine = 8, MaxStripes = 32;

    private static readonly int StripeCount =
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, MaxStripes));

    private static readonly int StripeLength = (FirstBucket + LatencyBuckets.Count + (2 * LongsPerLine) - 1) / LongsPerLine * LongsPerLine;

    // Not there before the first request: of thousands of services most are quiet, and on many processors this is a lot.
    private long[]? counters;

    private readonly ArmCell[] parts =
        [.. Enumerable.Range(0, groups?.Count ?? 0).Select(_ => new ArmCell(users, secondsPerTimestampTick, usual))];

    private PathCells? paths;

    // Not striped, and not there before the first: few requests are abandoned, or are of a user beyond its third failure.
    private long[]? abandoned, surplus, surplusAbandoned;

    /// <summary>
    /// What is counted by route group, where a rollout asks for it; a request of any of <see cref="Parts"/> is counted here.
    /// </summary>
    public PathCells? Paths
    {
        get => Volatile.Read(ref paths);
        private set => Volatile.Write(ref paths, value);
    }

    /// <summary>
    /// Counts by these route groups from now on. They are fixed for a rollout: a second call with the same ones does nothing.
    /// </summary>
    public void CountBy(PathGroups groups)
    {
        if (!groups.Equals(Paths?.Groups)) Paths = new PathCells(groups);
    }

    /// <summary>Null where nothing is counted apart: then it does not matter which instance answers.</summary>
    public InstanceGroups? Groups => groups;

    /// <summary>One of each of <see cref="Groups"/>. Their requests were started in this cell.</summary>
    public ReadOnlySpan<ArmCell> Parts => parts;

    /// <summary>A request is dispatched to this arm; exactly one <see cref="End"/> follows.</summary>
    public void Start() => Interlocked.Increment(ref Stripe()[Started]);

    /// <summary>The dispatched request is over.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="elapsedTimestampTicks">Dispatch to last byte (to headers for streams), in units of the clock's timestamps.</param>
    /// <param name="bytesIn">Body bytes received from the client.</param>
    /// <param name="bytesOut">Body bytes sent to the client.</param>
    /// <param name="userHash">Hash of the identity; ignored without one.</param>
    /// <param name="hasUser">False: the request is its own user.</param>
    /// <param name="instance">Which one of <see cref="Groups"/> answered, as they name it; null for none.</param>
    /// <param name="waited">With <see cref="Outcome.ClientAbort"/>: by whom the client had been kept waiting.</param>
    /// <param name="status">With <see cref="Outcome.ClientError"/>: its HTTP status.</param>
    /// <param name="size">Bytes of the body of a successful response; negative where its size says nothing.</param>
    public void End(
        Outcome outcome, long elapsedTimestampTicks, long bytesIn, long bytesOut, uint userHash, bool hasUser, string? instance = null,
        Waited waited = default, int status = 0, long size = -1)
    {
        if (instance is not null && groups?.Find(instance) is { } part)
        {
            parts[part].End(outcome, elapsedTimestampTicks, bytesIn, bytesOut, userHash, hasUser, null, waited, status, size);
            return;
        }

        var stripe = Stripe();
        Interlocked.Increment(ref stripe[(int)outcome]);
        if (bytesIn != 0) Interlocked.Add(ref stripe[BytesIn], bytesIn);
        if (bytesOut != 0) Interlocked.Add(ref stripe[BytesOut], bytesOut);
        if (!outcome.IsCounted())
        {
            if (waited.For != WaitFor.Client) Abandon(stripe, elapsedTimestampTicks, waited, userHash, hasUser);
            return;
        }

        var isClientError = outcome == Outcome.ClientError;
        var counts = Weigh(stripe, outcome.IsFailure(), Capped, userHash, hasUser, isClientError, out var countsForClients);
        if (!counts) Interlocked.Increment(ref stripe[Excess]);
        if (!countsForClients) Interlocked.Increment(ref stripe[ClientExcess]);
        else if (isClientError) Interlocked.Increment(ref stripe[CappedClients]);
        if (isClientError) Interlocked.Increment(ref stripe[FirstStatus + ClientStatuses.IndexOf(status)]);
        if (size >= 0) Interlocked.Increment(ref stripe[FirstSize + SizeBuckets.IndexOf(size)]);
        if (outcome == Outcome.Deadline) Time(stripe, LatencyBuckets.Overflow, elapsedTimestampTicks, counts);
        else if (outcome.HasLatency()) Time(stripe, BucketOf(elapsedTimestampTicks), elapsedTimestampTicks, counts);
    }

    /// <summary>Counts a request that was never dispatched to this arm: a refusal, or a spill to the other arm.</summary>
    public void Count(Outcome outcome, uint userHash, bool hasUser)
    {
        Start();
        End(outcome, 0, 0, 0, userHash, hasUser);
    }

    /// <summary>
    /// A request without an answer might have taken any time, so it is told apart. One whose answer had begun took at least so long,
    /// if the version had stopped: a client may leave a long answer whenever it likes.
    /// </summary>
    private void Abandon(Span<long> stripe, long elapsedTimestampTicks, in Waited waited, uint userHash, bool hasUser)
    {
        var isLate = usual is not null && waited.Ticks > usual.Ticks;
        if (isLate) Interlocked.Increment(ref stripe[Late]);
        var counts = isLate
            ? Weigh(stripe, failed: true, CappedLate, userHash, hasUser, isClientError: false, out _)
            : !hasUser || !users.IsSpent(userHash);
        var bucket = BucketOf(elapsedTimestampTicks);
        if (waited.For == WaitFor.Answer) Interlocked.Increment(ref (counts ? Made(ref abandoned) : Made(ref surplusAbandoned))[bucket]);
        else if (isLate) Time(stripe, bucket, elapsedTimestampTicks, counts);
    }

    private void Time(Span<long> stripe, int bucket, long elapsedTimestampTicks, bool counts)
    {
        if (counts) Interlocked.Increment(ref stripe[FirstBucket + bucket]);
        else Interlocked.Increment(ref Made(ref surplus)[bucket]);
        Interlocked.Add(ref stripe[Elapsed], elapsedTimestampTicks);
    }

    /// <param name="stripe">The cells of this processor.</param>
    /// <param name="failed">The user got no good answer.</param>
    /// <param name="capped">Where that is counted, three times at most.</param>
    /// <param name="userHash">Whose request it was.</param>
    /// <param name="hasUser">False: the request is its own user.</param>
    /// <param name="isClientError">The user got an answer 4xx.</param>
    /// <param name="countsForClients">The request counts in client errors: its user had not met three of them before.</param>
    /// <returns>The request counts: its user had not met three failures before.</returns>
    private bool Weigh(
        Span<long> stripe, bool failed, int capped, uint userHash, bool hasUser, bool isClientError, out bool countsForClients)
    {
        countsForClients = true;
        if (hasUser)
        {
            if (!users.Record(userHash, failed, isClientError, out countsForClients)) return false;
        }
        else
        {
            Interlocked.Increment(ref stripe[Anonymous]);
            if (failed) Interlocked.Increment(ref stripe[AnonymousFailures]);
        }

        if (failed) Interlocked.Increment(ref stripe[capped]);
        return true;
    }

    private int BucketOf(long timestampTicks) => LatencyIndex.Of(timestampTicks * secondsPerTimestampTick);

    private static long[] Made(ref long[]? histogram)
    {
        if (Volatile.Read(ref histogram) is { } made) return made;
        Interlocked.CompareExchange(ref histogram, new long[LatencyBuckets.Count], null);
        return histogram;
    }

    /// <summary>Adds what was counted so far. What starts or ends meanwhile may be missing, but is never counted twice.</summary>
    public void AddTo(Counts sum)
    {
        foreach (var part in parts) part.AddTo(sum);
        AddRestTo(sum);
    }

    /// <summary>The same without the <see cref="Parts"/>.</summary>
    public void AddRestTo(Counts sum)
    {
        sum.TellsClientErrors = true;
        // Later-written counters first, so that a half-recorded request never shows as more failures than requests.
        if (Volatile.Read(ref abandoned) is { } left) Add(left, sum.Abandon());
        if (Volatile.Read(ref surplus) is { } beyond) Add(beyond, sum.Exceed());
        if (Volatile.Read(ref surplusAbandoned) is { } leftBeyond) Add(leftBeyond, sum.ExceedAbandoned());
        if (Volatile.Read(ref counters) is not { } all) return;

        for (var s = 0; s < StripeCount; s++)
        {
            var stripe = Stripe(all, s);
            sum.CappedFailures += Volatile.Read(ref stripe[Capped]);
            sum.CappedLate += Volatile.Read(ref stripe[CappedLate]);
            sum.Late += Volatile.Read(ref stripe[Late]);
            sum.Excess += Volatile.Read(ref stripe[Excess]);
            sum.CappedClientErrors += Volatile.Read(ref stripe[CappedClients]);
            sum.ClientErrorExcess += Volatile.Read(ref stripe[ClientExcess]);
            AddTo(stripe.Slice(FirstStatus, ClientStatuses.Count), sum, static counts => counts.Statuses());
            AddTo(stripe.Slice(FirstSize, SizeBuckets.Count), sum, static counts => counts.Measure());
            AddTo(stripe[FirstBucket..], sum, static counts => counts.Latency);
            sum.LatencySum += Volatile.Read(ref stripe[Elapsed]) * secondsPerTimestampTick;
            sum.BytesIn += Volatile.Read(ref stripe[BytesIn]);
            sum.BytesOut += Volatile.Read(ref stripe[BytesOut]);
            for (var o = 0; o < Outcomes.Count; o++)
            {
                var count = Volatile.Read(ref stripe[o]);
                sum.ByOutcome[o] += count;
                sum.Ended += count;
            }
        }

        for (var s = 0; s < StripeCount; s++) sum.Started += Volatile.Read(ref Stripe(all, s)[Started]);
    }

    /// <summary>A histogram without a count is not made.</summary>
    private static void AddTo(Span<long> buckets, Counts sum, Func<Counts, long[]> of)
    {
        long[]? to = null;
        for (var b = 0; b < buckets.Length; b++)
            if (Volatile.Read(ref buckets[b]) is not 0 and var count) (to ??= of(sum))[b] += count;
    }

    private static void Add(long[] counters, long[] to)
    {
        for (var b = 0; b < to.Length; b++) to[b] += Volatile.Read(ref counters[b]);
    }

    /// <summary>What the breaker needs, without the histogram. To it a request that was abandoned late is one that failed.</summary>
    public Pulse ReadPulse()
    {
        var pulse = default(Pulse);
        foreach (var part in parts) pulse += part.ReadPulse();
        if (Volatile.Read(ref counters) is not { } all) return pulse;
        for (var s = 0; s < StripeCount; s++)
        {
            var stripe = Stripe(all, s);
            for (var o = 0; o < Outcomes.Count; o++)
            {
                var count = Volatile.Read(ref stripe[o]);
                pulse.Ended += count;
                if (((Outcome)o).IsCounted()) pulse.Requests += count;
                if (((Outcome)o).IsFailure()) pulse.Failures += count;
            }

            var late = Volatile.Read(ref stripe[Late]);
            (pulse.Requests, pulse.Failures, pulse.Late) = (pulse.Requests + late, pulse.Failures + late, pulse.Late + late);
            var capped = Volatile.Read(ref stripe[CappedLate]);
            pulse.Excess += Volatile.Read(ref stripe[Excess]) + late - capped;
            pulse.Capped += Volatile.Read(ref stripe[Capped]) + capped;
            pulse.Anonymous += Volatile.Read(ref stripe[Anonymous]);
            pulse.AnonymousFailures += Volatile.Read(ref stripe[AnonymousFailures]);
        }

        for (var s = 0; s < StripeCount; s++) pulse.Started += Volatile.Read(ref Stripe(all, s)[Started]);
        return pulse;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<long> Stripe() => Stripe(counters ?? Create(), Thread.GetCurrentProcessorId() & (StripeCount - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Span<long> Stripe(long[] all, int number) =>
        all.AsSpan((number * StripeLength) + LongsPerLine, FirstBucket + LatencyBuckets.Count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long[] Create()
    {
        Interlocked.CompareExchange(ref counters, new long[(StripeCount * StripeLength) + LongsPerLine], null);
        return counters;
    }
}
