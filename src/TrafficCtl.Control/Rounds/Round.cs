using TrafficCtl.Control.Rounds.Applying;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.Observing;
using TrafficCtl.Control.Rounds.Reporting;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;

namespace TrafficCtl.Control.Rounds;

/// <summary>
/// One round of some targets: observe, decide, save all in one transaction, then apply. What is not saved is not acted on.
/// </summary>
/// <remarks>
/// <see cref="ObserveStage"/> asks and <see cref="DecideStage"/> only computes; <see cref="SaveStage"/> writes to the store, and
/// <see cref="ApplyStage"/> alone tells routers something, namely what the store holds. A person's abort does not pass through here:
/// it takes the candidate's traffic away before it is recorded (<see cref="Wishing.Aborting"/>), because it may depend on nothing
/// that may be broken.
/// </remarks>
internal sealed class Round(ObserveStage observe, DecideStage decide, SaveStage save, ApplyStage apply, Reporter reporter, Upkeep upkeep)
{
    private readonly List<Sight> sights = [];
    private readonly List<RoundPlan> plans = [];

    /// <summary>Adds to <paramref name="again"/> the targets whose state changed: what follows need not wait for a second.</summary>
    public async Task RunAsync(List<ControlledTarget> targets, HashSet<ControlledTarget> again, CancellationToken stop)
    {
        sights.Clear();
        plans.Clear();
        foreach (var target in targets)
        {
            var sight = await observe.ObserveAsync(target, stop);
            target.Take(sight.State);
            if (sight.IsConfirmed) again.Add(target);
            sights.Add(sight);
            var plan = decide.Decide(target, sight);
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

    public TimeSpan FirstCheckpointAfter(int slot) => upkeep.FirstCheckpointAfter(slot);

    /// <summary>The evidence of all, before the process ends.</summary>
    public Task LastCheckpointAsync(IEnumerable<ControlledTarget> targets, CancellationToken stop) =>
        upkeep.CheckpointAsync(targets, true, stop).AsTask();
}
