using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting;

/// <summary>What people order of a pipeline: pins, holds, vetoes, stops, break-glass, promotions, votes.</summary>
public interface IPromotionOrders
{
    /// <summary>Recorded durably before it is accepted; the round that follows at once acts on it.</summary>
    /// <param name="service">A declared pipeline, or null for every one: only a stop of the line may name none.</param>
    /// <param name="make">
    /// Makes the fact with its stamp: the sequence is 0, the time that of the round, who and why as verified and said.
    /// </param>
    /// <param name="stop">Ends the waiting; what is recorded stays.</param>
    /// <exception cref="StoreUnavailableException">Nothing was recorded.</exception>
    ValueTask<OrderOutcome> MakeAsync(string? service, Func<DateTimeOffset, PromotionFact> make, CancellationToken stop);
}
