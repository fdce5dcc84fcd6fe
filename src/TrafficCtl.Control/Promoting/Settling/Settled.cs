using System.Collections.Immutable;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Control.Promoting.Settling;

/// <summary>What a round adds and decides. Nothing of it has happened before <paramref name="Facts"/> are saved.</summary>
/// <param name="State">With the facts.</param>
/// <param name="Facts">To be saved together, in order; empty where nothing changed.</param>
/// <param name="Decisions">From that state.</param>
/// <param name="Questions">To be asked; each is among the facts.</param>
/// <param name="Orders">What becomes of the orders of the round, in their order.</param>
internal sealed record Settled(
    PromotionState State, ImmutableArray<PromotionFact> Facts, ImmutableArray<EnvironmentDecision> Decisions,
    ImmutableArray<Question> Questions, ImmutableArray<OrderOutcome> Orders);
