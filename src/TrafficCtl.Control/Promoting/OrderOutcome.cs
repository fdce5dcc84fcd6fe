using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting;

/// <summary>What became of an order.</summary>
/// <param name="IsAccepted">It is recorded, and in force from the next round on.</param>
/// <param name="Answer">In words: what follows, or why it was refused and what to do.</param>
/// <param name="Fact">As it was recorded; null where it was refused.</param>
public sealed record OrderOutcome(bool IsAccepted, string Answer, PromotionFact? Fact = null);
