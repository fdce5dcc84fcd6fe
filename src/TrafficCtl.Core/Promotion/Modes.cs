using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;

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

    /// <summary>Asked once for each bundle.</summary>
    public static void Propose(EnvironmentContext at, Bundle bundle)
    {
        if (at.State.Of(bundle.Hash).Gates.ContainsKey(Question.Proposal)) return;
        at.Found.Questions.Add(new(at.Spec.Service, at.Name, Question.Proposal, bundle, 0, IsVerification: false));
    }
}
