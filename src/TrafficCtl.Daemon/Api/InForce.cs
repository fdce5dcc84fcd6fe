using System.Globalization;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>What the router of a service does at this moment; null when this process has none that answers at once.</summary>
internal delegate RouterStatus? RouterNow(TargetKey key);

/// <summary>What the router does now, whatever the store says.</summary>
internal static class InForce
{
    public static Serving Of(RouterStatus router)
    {
        var (route, exposure) = (router.Route, router.EffectiveExposure);
        var serving = new Serving
        {
            Stable = router.StandIn ?? route.Stable,
            Candidate = route.Candidate ?? "",
            Rollout = route.RolloutId ?? "",
            Generation = route.Generation,
            EffectiveWeight = exposure.General.Candidate,
            Weight = route.Exposure.General.Candidate,
            Withheld = WithheldBy(router),
        };
        serving.EffectiveCohorts.AddRange(
            exposure.Cohorts.Select(c => new CohortWeight { Cohort = c.Cohort, Weight = c.Weights.Candidate }));
        return serving;
    }

    /// <summary>A rollout that the router serves and of which the store says nothing, for it cannot be read.</summary>
    public static RolloutStatus Unread(RouterStatus router, string trouble)
    {
        var route = router.Route;
        var rollout = new RolloutStatus
        {
            Id = route.RolloutId ?? "",
            Stable = route.Stable,
            Candidate = route.Candidate ?? "",
            Phase = PhaseWords.Unknown,
            Weight = route.Exposure.General.Candidate,
            EffectiveWeight = router.EffectiveExposure.General.Candidate,
            Shadow = router.EffectiveExposure.Shadow.GetValueOrDefault().Candidate,
            Reason = $"what the store says cannot be read ({trouble.TrimEnd('.')}); {Lower(Sentence(router))}",
            Breaker = router.Trip?.Why ?? "",
        };
        rollout.Cohorts.AddRange(route.Exposure.Cohorts.Select(c => new CohortWeight { Cohort = c.Cohort, Weight = c.Weights.Candidate }));
        return rollout;
    }

    /// <summary>Why the record alone does not tell what is served, and what is; null when it does.</summary>
    public static string? Beside(ServiceView view)
    {
        if (view.Router is not { } router) return view.RecordTrouble is null ? null : "What the router does now is not known.";
        var isUnexpected = view.Newest is not { Phase.IsFinal: false } && router.EffectiveExposure.ReachesCandidate;
        return view.RecordTrouble is not null || router.Withheld is not null || isUnexpected ? Sentence(router) : null;
    }

    /// <summary>For a reader.</summary>
    public static string Sentence(RouterStatus router)
    {
        var (route, stable) = (router.Route, router.StandIn ?? router.Route.Stable);
        if (route.Candidate is not { } candidate) return $"The router gives everything to {stable}.";
        var share = router.EffectiveExposure.ReachesCandidate
            ? $"{candidate} {router.EffectiveExposure} and {stable} the rest"
            : $"{candidate} 0 % and {stable} everything";
        var why = WithheldBy(router) is { Length: > 0 } withheld ? $": {withheld}" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"The router gives {share} (rollout {route.RolloutId}, generation {route.Generation}){why}.");
    }

    private static string WithheldBy(RouterStatus router) =>
        router.Withheld ?? (router.Trip is { } trip ? $"the safety breaker tripped: {trip.Why}" : "");

    private static string Lower(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');
}
