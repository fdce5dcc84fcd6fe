using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>What the facts of a service add up to. Immutable: a what-if is a fold from here.</summary>
public sealed record PromotionState
{
    public static readonly PromotionState Empty = new();

    /// <summary>The number of the last fact; 0 before the first.</summary>
    public long Sequence { get; init; }

    public BundleLine Line { get; init; } = BundleLine.Empty;

    /// <summary>What was published up to there does not start by itself: the record was lost since.</summary>
    public BundleOrder LostUpTo { get; init; }

    /// <summary>By bundle.</summary>
    public ImmutableDictionary<string, ImmutableList<Veto>> Vetoes { get; init; } = ImmutableDictionary<string, ImmutableList<Veto>>.Empty;

    public ImmutableList<LineStop> Stops { get; init; } = [];

    public ImmutableDictionary<string, EnvironmentState> Environments { get; init; } =
        ImmutableDictionary<string, EnvironmentState>.Empty;

    public EnvironmentState In(string environment) => Environments.GetValueOrDefault(environment, EnvironmentState.None);

    /// <summary>With one more fact.</summary>
    /// <exception cref="ArgumentException">It is out of order, or names a bundle that was never published.</exception>
    public PromotionState Apply(PromotionFact fact)
    {
        if (fact.Stamp.Sequence <= Sequence)
            throw new ArgumentException(
                $"fact {fact.Stamp.Sequence} ({fact.Name}) comes after fact {Sequence}: facts are applied in order", nameof(fact));
        var next = this with { Sequence = fact.Stamp.Sequence };
        return fact switch
        {
            PromotionFact.Published published => next with
            {
                Line = Line.Add(published.Bundle),
            },
            PromotionFact.StateLost => next with
            {
                LostUpTo = Line.Ordered.IsEmpty ? BundleOrder.None : Line.Ordered[^1].Order,
            },
            PromotionFact.OfTarget ofTarget => RolloutFold.Apply(next, ofTarget),
            PromotionFact.GateAsked or PromotionFact.GateAnswered or PromotionFact.GateVoted or PromotionFact.EnvironmentGood
                or PromotionFact.EvidenceRevoked => EvidenceFold.Apply(next, fact),
            PromotionFact.Vetoed or PromotionFact.Unvetoed or PromotionFact.LineStopped or PromotionFact.LineReleased =>
                StopFold.Apply(next, fact),
            PromotionFact.Pinned or PromotionFact.Unpinned or PromotionFact.Held or PromotionFact.Released
                or PromotionFact.BreakGlassBegun or PromotionFact.BreakGlassLifted or PromotionFact.PromotionOrdered =>
                OverlayFold.Apply(next, fact),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>With one more fact that has no sequence number yet; also gives the fact as it is to be saved.</summary>
    public PromotionState Append(PromotionFact fact, out PromotionFact numbered)
    {
        numbered = fact with { Stamp = fact.Stamp with { Sequence = Sequence + 1 } };
        return Apply(numbered);
    }

    /// <summary>The bundle by its hash.</summary>
    /// <exception cref="ArgumentException">It was never published.</exception>
    public Placed Find(string bundle) =>
        Line.Find(bundle) ?? throw new ArgumentException($"bundle {bundle} was never published", nameof(bundle));

    internal PromotionState With(string environment, EnvironmentState state) =>
        this with { Environments = Environments.SetItem(environment, state) };
}
