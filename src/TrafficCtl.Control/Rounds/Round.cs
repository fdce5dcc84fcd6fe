using TrafficCtl.Control.Rounds.Applying;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.Observing;
using TrafficCtl.Control.Rounds.Reporting;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;

namespace TrafficCtl.Control.Rounds;

/// <summary>
/// One round of the control loop for a set of targets: observe and decide each, save all decisions in one transaction, then apply.
/// A decision that was not saved is never applied.
/// </summary>
/// <remarks>
/// <see cref="ObserveStage"/> reads, <see cref="DecideStage"/> only computes, <see cref="SaveStage"/> writes to the store.
/// <see cref="ApplyStage"/> is the only stage that writes to routers, and it writes what the store holds. A person's abort bypasses
/// the round: it removes the candidate's traffic before it is recorded (<see cref="Wishing.Aborting"/>), because it must not depend
/// on anything that may be broken.
/// </remarks>
internal sealed class Round(ObserveStage observe, DecideStage decide, SaveStage save, ApplyStage apply, Reporter reporter, Upkeep upkeep)
{
    private readonly List<RoundObservation> sights = [];
    private readonly List<RoundPlan> plans = [];

    /// <summary>
    /// Runs one round. Adds to <paramref name="again"/> the targets whose state changed: they get their next round at once instead of
    /// after <see cref="Timing.Beat.Period"/>.
    /// </summary>
    public async Task RunAsync(List<ControlledTarget> targets, HashSet<ControlledTarget> again, CancellationToken stop)
    {
        sights.Clear();
        plans.Clear();
        foreach (var target in targets)
        {
            var observed = await observe.ObserveAsync(target, stop);
            target.Take(observed.State);
            if (observed.IsConfirmed) again.Add(target);
            sights.Add(observed);
            var plan = decide.Decide(target, observed);
            if (plan.IsEmpty) target.Take(plan.State);
            else plans.Add(plan);
        }

        await save.SaveAsync(plans, again, stop);
        var report = reporter.Begin();
        await apply.ApplyAsync(targets, stop);
        for (var i = 0; i < targets.Count; i++) reporter.Show(targets[i], sights[i], report);
        reporter.Publish();
        await upkeep.RunAsync(targets, stop);
    }

    /// <summary>The time from a decision about a target to its first checkpoint; spread by <paramref name="slot"/>.</summary>
    public TimeSpan FirstCheckpointAfter(int slot) => upkeep.FirstCheckpointAfter(slot);

    /// <summary>Saves the evidence of all targets for the last time, before the process ends.</summary>
    public Task LastCheckpointAsync(IEnumerable<ControlledTarget> targets, CancellationToken stop) =>
        upkeep.CheckpointAsync(targets, true, stop).AsTask();
}
