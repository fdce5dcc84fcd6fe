using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

/// <summary>What a failure makes this engine do by itself: veto downstream, and stop the line after a second one.</summary>
internal static class FailureRules
{
    public static void Derive(EnvironmentContext at)
    {
        foreach (var bundle in at.State.PendingVetoes)
        {
            var why = at.State.Of(bundle).Failure is { } failure ? failure.Why : "it failed here";
            at.Found.Facts.Add(new PromotionFact.Vetoed(
                Stamp(at, $"{at.All.Find(bundle).Bundle.Name} failed in {at.Name}: {why}"), at.Name, bundle, IsAutomatic: true));
        }

        if (at.State.StopDue is { } due)
            at.Found.Facts.Add(new PromotionFact.LineStopped(Stamp(at, due), new LineScope(at.Name), IsAutomatic: true));
        foreach (var (target, why) in at.State.TargetStopsDue)
            at.Found.Facts.Add(new PromotionFact.LineStopped(Stamp(at, why), new LineScope(at.Name, target), IsAutomatic: true));
    }

    private static FactStamp Stamp(EnvironmentContext at, string why) => new(0, at.Now, FactStamp.Engine, why);
}
