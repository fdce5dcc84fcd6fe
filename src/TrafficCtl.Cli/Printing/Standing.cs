using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Where a rollout stands, in the words that all views share.</summary>
internal static class Standing
{
    public static readonly string[] Finals = ["Good", "RolledBack", "Superseded", "Aborted"];

    /// <summary><c>observing</c>, <c>holdback</c>, <c>watch</c>, <c>rolled back</c>.</summary>
    public static string Phase(RolloutStatus rollout) =>
        rollout is { InHoldback: true, Phase: "Observing" } ? "holdback" : PrintedUnits.Phase(rollout.Phase);

    /// <summary><c>observing, step 2 of 5</c>; <c>watch, 100 %</c>; <c>paused in the holdback, step 5 of 5</c>.</summary>
    public static string Stand(RolloutStatus rollout)
    {
        var phase = rollout is { InHoldback: true, Phase: "Paused" } ? "paused in the holdback" : Phase(rollout);
        return Step(rollout) is { Length: > 0 } step ? $"{phase}, {step}" : phase;
    }

    /// <summary>
    /// The version that serves whoever is not with a candidate, and a candidate that the router serves although no rollout is shown;
    /// daemons of older builds told the last good version only.
    /// </summary>
    public static string Serves(ServiceStatus service)
    {
        var words = service.Serves.Length > 0 ? service.Serves : service.LastGood;
        if (service.Rollout is not null || service.Serving is not { } serving || !Reaches(serving)) return words;
        words += $", and {serving.Candidate} {PrintedUnits.Share(serving.EffectiveWeight)}";
        foreach (var cohort in serving.EffectiveCohorts) words += $", {cohort.Cohort} {PrintedUnits.Share(cohort.Weight)}";
        return words;
    }

    /// <summary><c>step 2 of 5</c>, <c>100 %</c>, or nothing before the first step.</summary>
    public static string Step(RolloutStatus rollout) =>
        rollout.Step <= 0 ? "" : rollout.Step > rollout.Steps ? "100 %" : $"step {rollout.Step} of {rollout.Steps}";

    /// <summary>
    /// For how long it has been in its phase, by elapsed time; by the time of day where the daemon is too old to tell; empty of one whose
    /// record cannot be read.
    /// </summary>
    public static string InPhase(ServiceStatus service, RolloutStatus rollout) =>
        rollout.InPhase is { } elapsed
            ? PrintedUnits.Elapsed(elapsed.ToTimeSpan())
            : rollout.ChangedAt is { } since ? PrintedUnits.Since(since, service.At) : "";

    /// <summary><c>10 %</c>, and what is really served when it is less or unknown; cohorts besides.</summary>
    public static string Weight(RolloutStatus rollout)
    {
        var words = PrintedUnits.Share(rollout.Weight);
        // One that has ended has no share of its own any more: nothing is left to confirm.
        if (!rollout.HasEffectiveWeight && !Finals.Contains(rollout.Phase)) words += " asked, not confirmed";
        else if (rollout.HasEffectiveWeight && rollout.EffectiveWeight != rollout.Weight)
            words = $"{PrintedUnits.Share(rollout.EffectiveWeight)} ({words} asked)";
        foreach (var cohort in rollout.Cohorts) words += $", {cohort.Cohort} {PrintedUnits.Share(cohort.Weight)}";
        return rollout.Shadow > 0 ? $"{words}, shadow {PrintedUnits.Share(rollout.Shadow)}" : words;
    }

    /// <summary>What is served in basis points, as far as the router says; else what was asked for.</summary>
    public static int Known(RolloutStatus rollout) => rollout.HasEffectiveWeight ? rollout.EffectiveWeight : rollout.Weight;

    /// <summary>An entry of the plan: <c>5 %</c>, <c>shadow 10 %</c>.</summary>
    public static string Planned(RolloutStatus rollout, int at) =>
        rollout.PlanShadows.ElementAtOrDefault(at) is > 0 and var shadow
            ? $"shadow {PrintedUnits.Share(shadow)}"
            : PrintedUnits.Share(rollout.Plan[at]);

    /// <summary>What is called for between now and the next advance, as one line; empty when nothing follows.</summary>
    public static string Waits(RolloutStatus rollout) => string.Join("; ", rollout.WaitsFor);

    /// <summary>What is known of a rollout where none is shown: <c>none yet</c>, or what stands against that.</summary>
    public static string NoRollout(ServiceStatus service) =>
        service.Unknown.Length > 0 ? $"unknown: {service.Unknown}"
        : service.Serving is { } serving && Reaches(serving) ? $"none that the store knows of; the router serves {serving.Rollout} at "
            + $"generation {serving.Generation}"
        : "none yet";

    private static bool Reaches(Serving serving) => serving.EffectiveWeight > 0 || serving.EffectiveCohorts.Any(c => c.Weight > 0);
}
