using System.Numerics;
using System.Runtime.CompilerServices;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>Counters of one arm of one population by route group: cumulative, striped over the processors, free of allocation.</summary>
/// <remarks>
/// A user counts on a route up to its first failure there, up to its first client error there, and with the latency of its first
/// request there: so the counts of a route are of users who have nothing to do with each other, also where one client asks for it
/// thousands of times. Whether a request counts is known before it comes. Which users those are is kept by 2,048 bits a route; where
/// half of them are set they are all cleared, and users count once more. A request without a user is its own user.
/// </remarks>
/// <param name="groups">The groups of the rollout.</param>
internal sealed class PathCells(PathGroups groups)
{
    private const int MaxStripes = 8, LongsPerLine = 8, FirstBucket = PathCounts.Fields - PathBuckets.Count;

    private static readonly int StripeCount =
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, MaxStripes));

    private readonly int stripeLength = ((groups.Count * PathCounts.Fields) + (2 * LongsPerLine) - 1) / LongsPerLine * LongsPerLine;
    private readonly UserBits failed = new(groups.Count), refused = new(groups.Count), timed = new(groups.Count);

    // Not there before the first request of the rollout.
    private long[]? counters;

    public PathGroups Groups => groups;

    /// <summary>A dispatched request is over.</summary>
    /// <param name="path">The path of its URL, without the query.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="seconds">Dispatch to last byte (to headers for streams).</param>
    /// <param name="userHash">Hash of the identity; ignored without one.</param>
    /// <param name="hasUser">False: the request is its own user.</param>
    public void Count(ReadOnlySpan<char> path, Outcome outcome, double seconds, uint userHash, bool hasUser)
    {
        if (!outcome.IsCounted()) return;
        var group = groups.Find(path);
        var row = Stripe().Slice(group * PathCounts.Fields, PathCounts.Fields);
        if (!hasUser || !failed.Has(group, userHash))
        {
            Interlocked.Increment(ref row[(int)PathCount.Requests]);
            if (outcome.IsFailure()) Mark(row, PathCount.Failures, PathCount.FailingUsers, failed, group, userHash, hasUser);
        }

        if (!hasUser || !refused.Has(group, userHash))
        {
            Interlocked.Increment(ref row[(int)PathCount.ClientRequests]);
            if (outcome == Outcome.ClientError)
                Mark(row, PathCount.ClientErrors, PathCount.ClientErrorUsers, refused, group, userHash, hasUser);
        }

        // How soon a failure comes says nothing of the route.
        if (outcome.IsFailure() || (hasUser && !timed.Add(group, userHash))) return;
        Interlocked.Increment(ref row[FirstBucket + PathBuckets.OfFine(LatencyIndex.Of(seconds))]);
    }

    /// <summary>Adds what was counted so far. What ends meanwhile may be missing, but is never counted twice.</summary>
    public void AddTo(Counts sum)
    {
        if (Volatile.Read(ref counters) is not { } all) return;
        var into = sum.ByPath(groups.Count);
        for (var s = 0; s < StripeCount; s++)
        {
            var stripe = Stripe(all, s);
            for (var group = 0; group < groups.Count; group++)
            {
                var row = stripe.Slice(group * PathCounts.Fields, PathCounts.Fields);
                // Later-written counters first, so that a half-recorded request never shows as more failures than requests.
                for (var b = 0; b < PathBuckets.Count; b++) into.Times(group)[b] += Volatile.Read(ref row[FirstBucket + b]);
                into[group, PathCount.FailingUsers] |= Volatile.Read(ref row[(int)PathCount.FailingUsers]);
                into[group, PathCount.ClientErrorUsers] |= Volatile.Read(ref row[(int)PathCount.ClientErrorUsers]);
                into[group, PathCount.ClientErrors] += Volatile.Read(ref row[(int)PathCount.ClientErrors]);
                into[group, PathCount.ClientRequests] += Volatile.Read(ref row[(int)PathCount.ClientRequests]);
                into[group, PathCount.Failures] += Volatile.Read(ref row[(int)PathCount.Failures]);
                into[group, PathCount.Requests] += Volatile.Read(ref row[(int)PathCount.Requests]);
            }
        }
    }

    private static void Mark(Span<long> row, PathCount count, PathCount users, UserBits bits, int group, uint userHash, bool hasUser)
    {
        var number = Interlocked.Increment(ref row[(int)count]);
        if (hasUser) bits.Add(group, userHash);
        else userHash = (uint)number * 0x9E37_79B1;
        Interlocked.Or(ref row[(int)users], 1L << (int)(userHash >> 26));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<long> Stripe() => Stripe(counters ?? Create(), Thread.GetCurrentProcessorId() & (StripeCount - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<long> Stripe(long[] all, int number) =>
        all.AsSpan((number * stripeLength) + LongsPerLine, groups.Count * PathCounts.Fields);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long[] Create()
    {
        Interlocked.CompareExchange(ref counters, new long[(StripeCount * stripeLength) + LongsPerLine], null);
        return counters;
    }
}
