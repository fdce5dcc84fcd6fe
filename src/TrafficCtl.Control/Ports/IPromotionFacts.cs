using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Ports;

/// <summary>The facts of promotions. They are appended, never changed.</summary>
/// <remarks>Every method may throw <see cref="StoreUnavailableException"/>: then nothing was saved.</remarks>
public interface IPromotionFacts
{
    /// <summary>Facts of one service with a higher sequence, oldest first.</summary>
    /// <param name="service">Whose.</param>
    /// <param name="after">The last sequence that the caller has; 0 for all.</param>
    /// <param name="limit">The oldest so many.</param>
    /// <param name="stop">Ends the call.</param>
    ValueTask<ImmutableArray<PromotionFact>> PromotionFactsAsync(string service, long after, int limit, CancellationToken stop);

    /// <summary>
    /// All in one durable transaction, or none. Their sequences go on from the last saved one of the service, from 1, without a gap.
    /// </summary>
    /// <exception cref="StalePromotionException">Another writer was there first: nothing was saved.</exception>
    ValueTask AppendAsync(string service, ImmutableArray<PromotionFact> facts, CancellationToken stop);
}

/// <summary>Another writer appended facts of the service: load them and decide anew.</summary>
public sealed class StalePromotionException(string service, long expected, long found)
    : Exception($"{service}: the store holds promotion fact {found}, and the next was to follow {expected}; it is made anew.");
