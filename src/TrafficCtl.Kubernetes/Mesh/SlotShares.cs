using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>
/// Which slot takes which part of the traffic: basis points by the name of its Service, without the zeros, in the order of names.
/// </summary>
internal sealed record SlotShares(ImmutableArray<SlotShare> Of)
{
    public static SlotShares Make(IEnumerable<SlotShare> of) =>
        new([.. of.Where(s => s.BasisPoints > 0).OrderBy(s => s.Service, StringComparer.Ordinal)]);

    /// <summary>Basis points of the requests that the candidate gets a copy of; 0 for none.</summary>
    public int Shadow { get; init; }

    /// <summary>0 for a slot that takes nothing.</summary>
    public int Share(string service)
    {
        foreach (var share in Of)
            if (share.Service == service) return share.BasisPoints;
        return 0;
    }

    public bool Equals(SlotShares? other) => other is not null && Shadow == other.Shadow && Of.AsSpan().SequenceEqual(other.Of.AsSpan());

    public override int GetHashCode() => Of.Length == 0 ? 0 : Of[0].GetHashCode();

    /// <summary>For a reader: <c>checkout-canary 5 %, checkout-stable 95 %</c>.</summary>
    public override string ToString() => (Of.IsEmpty
        ? "nothing"
        : string.Join(", ", Of.Select(s => $"{s.Service} {Percent(s.BasisPoints)}")))
        + (Shadow == 0 ? "" : $", shadow {Percent(Shadow)}");

    private static Weights Percent(int basisPoints) => Weights.OfCandidate(Math.Min(basisPoints, Weights.Total));
}

internal readonly record struct SlotShare(string Service, int BasisPoints);

/// <summary>What the live object says: relative weights of slots, as they stand there.</summary>
/// <param name="Slots">The slots that the object has a destination for.</param>
internal sealed record LiveShares(ImmutableArray<LiveShare> Slots)
{
    /// <summary>The share of requests of which a slot gets a copy.</summary>
    public Weights Shadow { get; init; }

    public decimal Sum { get; } = Slots.Sum(s => s.Weight);

    /// <summary>All weights 0 is no split: what happens then is the mesh's own affair.</summary>
    public bool IsDefined => Sum > 0;

    public bool Has(string service) => Slots.Any(s => s.Service == service);

    /// <summary>The same split and shadow, whatever the scale it is written in.</summary>
    public bool Says(SlotShares wanted) => Shadow.Candidate == wanted.Shadow && SaysWeights(wanted);

    /// <summary>The same split, whatever is copied beside it.</summary>
    public bool SaysWeights(SlotShares wanted) =>
        IsDefined
        && Slots.All(s => s.Weight * Weights.Total == wanted.Share(s.Service) * Sum)
        && wanted.Of.All(w => Has(w.Service));

    /// <summary>Rounded to basis points; empty when it is no split.</summary>
    public SlotShares Rounded => IsDefined
        ? SlotShares.Make(Slots.Select(s => new SlotShare(s.Service, (int)Math.Round(s.Weight * Weights.Total / Sum)))) with
        {
            Shadow = Shadow.Candidate,
        }
        : new SlotShares([]);

    /// <summary>The rounded share of a slot, 0..10000; 0 when it has none.</summary>
    public Weights Of(string? service) =>
        service is null ? Weights.AllStable : Weights.OfCandidate(Math.Min(Weights.Total, Rounded.Share(service)));
}

internal readonly record struct LiveShare(string Service, decimal Weight);
