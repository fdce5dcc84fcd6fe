using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion.Facts;

/// <summary>Something that happened to a service. A closed family: all are nested here, and none is changed.</summary>
/// <remarks>Bundles are named by <see cref="Bundle.Hash"/>.</remarks>
public abstract partial record PromotionFact
{
    private PromotionFact(FactStamp stamp) => Stamp = stamp;

    public FactStamp Stamp { get; init; }

    /// <summary>The name kept in a journal.</summary>
    public string Name => GetType().Name;

    /// <summary>A bundle exists. To publish it again changes nothing.</summary>
    public sealed record Published(FactStamp Stamp, Bundle Bundle) : PromotionFact(Stamp);

    /// <summary>The record of the service was lost: nothing that was published before starts by itself.</summary>
    public sealed record StateLost(FactStamp Stamp) : PromotionFact(Stamp);
}
