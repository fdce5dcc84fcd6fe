using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>What the next advance of a rollout waits for, in words with numbers: for a reader, never for a decision.</summary>
public static class Waits
{
    /// <summary>Everything that is still missing, most urgent first; empty when nothing is missing or nothing follows.</summary>
    /// <param name="plan">The plan of the rollout's service.</param>
    /// <param name="phase">Where the rollout stands.</param>
    /// <param name="seen">The last observation; null before the first.</param>
    /// <param name="elapsed">The rollout's elapsed time (<see cref="Moment.Elapsed"/>).</param>
    /// <param name="router">What the router itself waits for; null when it does not say.</param>
    public static ImmutableArray<string> For(Plan plan, Phase phase, Seen? seen, TimeSpan elapsed, string? router = null)
    {
        var waits = ImmutableArray.CreateBuilder<string>();
        switch (phase)
        {
            case Phase.Waiting waiting:
                waits.Add(waiting.Gate);
                AddGates(waits, seen);
                if (seen?.Unmeasured is { } blind && Population.OfFirst(plan).IsCompared) waits.Add($"measurements: {blind}");
                break;
            case Phase.Shifting:
                waits.Add(With(router, "the router's word that the new weight is in force"));
                break;
            case Phase.Observing observing:
                AddRemaining(waits, plan, phase, elapsed, observing.Step < plan.Steps.Length && plan.Steps[observing.Step].IsHoldback
                    ? "holdback"
                    : "dwell");
                AddMinimum(waits, AtLeast(plan, observing.Step), seen);
                AddVerdict(waits, seen, isShadow: observing.Step < plan.Steps.Length && plan.Steps[observing.Step].Shadow is not null);
                AddGates(waits, seen);
                break;
            case Phase.Baking:
                AddRemaining(waits, plan, phase, elapsed, "watch");
                AddMinimum(waits, plan.AtLeast, seen);
                break;
            case Phase.Paused { Cause: PauseCause.Unsure }:
                waits.Add("a person: resume (a new deadline), promote or abort; the evidence stayed unsure for too long");
                break;
            case Phase.Paused { Cause: PauseCause.Unconfirmed }:
                waits.Add(With(
                    router, "a person: resume (it is asked again), promote or abort; nothing confirms that the weight is in force"));
                break;
            case Phase.Paused { Cause: PauseCause.Gate } paused:
                waits.Add(paused.Why);
                AddGates(waits, seen);
                break;
            case Phase.Paused:
                waits.Add("a person: resume, promote or abort");
                break;
            case Phase.RollingBack:
                waits.Add(With(router, "the router's word that the candidate takes no traffic"));
                break;
        }

        return waits.DrainToImmutable();
    }

    private static string With(string? router, string what) => router is null ? what : $"{what}: {router}";

    /// <summary>Time left of the dwell, holdback or watch of the phase; null when the phase has none.</summary>
    public static TimeSpan? Remaining(Plan plan, Phase phase, TimeSpan elapsed)
    {
        var (from, least) = phase switch
        {
            Phase.Observing at when at.Step < plan.Steps.Length => (at.From, plan.Steps[at.Step].Dwell),
            Phase.Baking at => (at.From, plan.Watch),
            _ => (elapsed, TimeSpan.Zero),
        };
        if (least == TimeSpan.Zero) return null;
        var left = least - (elapsed - from);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static MinimumEvidence AtLeast(Plan plan, int step) => step < plan.Steps.Length ? plan.Steps[step].AtLeast : plan.AtLeast;

    private static void AddRemaining(ImmutableArray<string>.Builder waits, Plan plan, Phase phase, TimeSpan elapsed, string what)
    {
        if (Remaining(plan, phase, elapsed) is { } left && left > TimeSpan.Zero) waits.Add($"{what}: {DurationText.Left(left)} left");
    }

    private static void AddMinimum(ImmutableArray<string>.Builder waits, MinimumEvidence least, Seen? seen)
    {
        var evidence = seen?.Evidence ?? default;
        if (evidence.Requests < least.Requests)
            waits.Add($"traffic: {NumberText.Count(evidence.Requests)} of {NumberText.Count(least.Requests)} requests on the candidate in "
                + "this step");
        if (evidence.Users < least.Users)
            waits.Add(
                $"traffic: {NumberText.Count(evidence.Users)} of {NumberText.Count(least.Users)} users on the candidate in this step");
    }

    /// <summary>A shadow is left without a pass, and not while something speaks against the candidate.</summary>
    private static void AddVerdict(ImmutableArray<string>.Builder waits, Seen? seen, bool isShadow)
    {
        if (seen?.Judgement is not { } judgement) waits.Add("evidence: nothing could be measured yet");
        else if (isShadow)
        {
            if (Gap.AgainstUsers(seen.Evidence, judgement) is { } doubt) waits.Add($"evidence: {doubt}");
        }
        else if (judgement.Verdict != Verdict.Pass) waits.Add($"evidence: {judgement.Reason}");
    }

    private static void AddGates(ImmutableArray<string>.Builder waits, Seen? seen)
    {
        if (seen is null) return;
        foreach (var gate in seen.Gates)
            if (!gate.IsOpen && !gate.IsPassed) waits.Add($"{gate.Gate.Name}: {GateWords.Of(gate)}");
    }
}
