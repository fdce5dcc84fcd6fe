using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

/// <summary>Environments that take nothing by themselves.</summary>
internal static class Modes
{
    public static Block Block(EnvironmentContext at, Bundle bundle, DateTimeOffset since) => new(
        bundle, BlockKind.Mode, at.Name, null, since,
        at.Environment.Mode == PromotionMode.Propose
            ? $"{at.Name} proposes {bundle.Name}, and a person decides"
            : $"{at.Name} takes only what is ordered",
        $"promote {bundle.Name} to {at.Name}");

    /// <summary>Asked once for each decision: again only after what was ordered has begun.</summary>
    public static void Propose(EnvironmentContext at, Bundle bundle)
    {
        var record = at.State.Of(bundle.Hash).Gates.GetValueOrDefault(ReservedGates.Proposal);
        if (record?.AskedAt is not null) return;
        at.Found.Questions.Add(
            new(at.Spec.Service, at.Name, ReservedGates.Proposal, bundle, record?.Round ?? 0, IsVerification: false));
    }
}
