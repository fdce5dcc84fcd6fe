using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

/// <summary>What the rules find beside the desired bundle.</summary>
internal sealed class EnvironmentFindings
{
    public ImmutableArray<Block>.Builder Blocks { get; } = ImmutableArray.CreateBuilder<Block>();

    public ImmutableArray<Question>.Builder Questions { get; } = ImmutableArray.CreateBuilder<Question>();

    public ImmutableArray<PromotionFact>.Builder Facts { get; } = ImmutableArray.CreateBuilder<PromotionFact>();

    /// <summary>Candidates that were looked at, newest first.</summary>
    public List<Bundles.Placed> Candidates { get; } = [];
}
