using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>Whether few users make most of the traffic, and those of them who fail most and meet most client errors.</summary>
/// <param name="IsFew">Fewer than <see cref="Few"/> users make half of both arms' requests.</param>
/// <param name="Top">Who fails most on the candidate.</param>
/// <param name="TopClient">Who meets most client errors there.</param>
internal sealed record Concentration(bool IsFew, TopUser Top, TopUser TopClient)
{
    public const int Few = 4;

    public static readonly Concentration None = new(false, default, default);

    /// <param name="stable">Its users.</param>
    /// <param name="candidate">Its users.</param>
    /// <param name="stableAnonymous">Requests of stable without a user, of about the same time.</param>
    /// <param name="candidateAnonymous">The same of the candidate.</param>
    public static Concentration Of(UserShares stable, UserShares candidate, long stableAnonymous, long candidateAnonymous)
    {
        // Most services have nothing to look through in a second.
        if (stable.IsEmpty && candidate.IsEmpty)
            return candidateAnonymous == 0 ? None : new(false, Nobody(candidateAnonymous), Nobody(candidateAnonymous));
        Span<long> slots = stackalloc long[UserShares.Slots];
        candidate.AddTo(slots);
        var ofCandidate = Sum(slots) + candidateAnonymous;
        stable.AddTo(slots);
        var all = Sum(slots) + candidateAnonymous + stableAnonymous;
        var isFew = all > 0 && 2 * Largest(slots, Few - 1) >= all;
        return new(
            isFew, Most(stable, candidate, UserShares.Failures, ofCandidate),
            Most(stable, candidate, UserShares.ClientErrors, ofCandidate));
    }

    private static TopUser Most(UserShares stable, UserShares candidate, int what, long of)
    {
        var slot = candidate.MostFailing(stable, what);
        if (slot < 0) return Nobody(of);
        var ((requests, errors), (stableRequests, stableErrors)) = (candidate.Read(slot, what), stable.Remember(slot, what));
        return new TopUser(candidate.NameOf(slot, what), requests, errors, of, stableRequests, stableErrors);
    }

    private static TopUser Nobody(long of) => new(0, 0, 0, of, 0, 0);

    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (var count in counts) sum += count;
        return sum;
    }

    private static long Largest(Span<long> counts, int how)
    {
        long sum = 0;
        for (; how > 0; how--)
        {
            var most = 0;
            for (var i = 1; i < counts.Length; i++)
                if (counts[i] > counts[most]) most = i;
            sum += counts[most];
            counts[most] = 0;
        }

        return sum;
    }
}
