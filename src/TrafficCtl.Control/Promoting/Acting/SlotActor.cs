using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.Running;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>Starts what is to run and ends what nobody needs.</summary>
internal sealed class SlotActor(Runtimes runtimes, SlotCalls calls)
{
    /// <summary>How often a difference is brought back that nobody ordered, and the wait before each attempt.</summary>
    public static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)];

    /// <summary>What was brought back and has stood for so long is forgotten: the next difference is another one.</summary>
    public static readonly TimeSpan DriftForgotten = TimeSpan.FromMinutes(10);

    /// <exception cref="RuntimeUnavailableException">It cannot be asked now.</exception>
    public async ValueTask<TargetMemory> ActAsync(
        TargetSight at, TargetGoal wanted, SlotPlan plan, TimeSpan running, CancellationToken stop)
    {
        var memory = at.Memory with { BringingUp = BringUp(at, wanted, running) };
        if (plan.Ensure.IsEmpty && !memory.Drift.IsEmpty && memory.Drift.Values.All(d => running - d.LastAt >= DriftForgotten))
            memory = memory with { Drift = memory.Drift.Clear() };
        if (plan.Ensure.IsEmpty && plan.Retire.IsEmpty) return memory;
        var runtime = await runtimes.OfAsync(memory.Target, stop);
        foreach (var bundle in plan.Ensure)
        {
            if (IsDrift(at, wanted, bundle))
            {
                if (memory.Target.Drift != DriftMode.Correct) continue;
                var fingerprint = FingerprintOf(at, bundle);
                var tried = memory.Drift.GetValueOrDefault(fingerprint) ?? new(0, running);
                if (tried.Attempts >= Pauses.Length || running - tried.LastAt < Pauses[tried.Attempts]) continue;
                memory = memory with { Drift = memory.Drift.SetItem(fingerprint, new(tried.Attempts + 1, running)) };
            }

            var runnable = new RunnableBundle(bundle.Hash, bundle.Name, ArtifactOf(at, bundle));
            calls.Begin(
                memory.Key, bundle.Name, "the start",
                async token => await runtime.EnsureAsync(memory.Key, bundle.Name, runnable, token), stop);
        }

        foreach (var slot in plan.Retire)
        {
            if (slot.Phase == SlotPhase.Drained || slot.Endpoints.IsEmpty)
                calls.Begin(memory.Key, slot.Slot, "the end", token => runtime.StopAsync(memory.Key, slot.Slot, token), stop);
            else
                calls.Begin(
                    memory.Key, slot.Slot, "the drain", async token => await runtime.DrainAsync(memory.Key, slot.Slot, token), stop);
        }

        return memory;
    }

    /// <summary>What had traffic is gone or replaced, and nobody ordered that.</summary>
    public static bool IsDrift(TargetSight at, TargetGoal wanted, Bundle bundle) =>
        at.Recorded.Current == bundle.Hash && wanted.Bundle?.Hash != bundle.Hash
        // What runs already is told anew by every daemon: nothing is started.
        && at.Memory.Target.Runtime is not RuntimeSpec.Static;

    /// <summary>Names the difference: the slot, and what is found there.</summary>
    public static string FingerprintOf(TargetSight at, Bundle bundle) => at.SlotOf(bundle) is { } slot
        ? $"{bundle.Name}: {slot.Bundle.Id} {slot.Phase}"
        : $"{bundle.Name}: nothing";

    private static BringingUp? BringUp(TargetSight at, TargetGoal wanted, TimeSpan running)
    {
        if (wanted.Bundle is not { } bundle || at.OwnRollout is not null || at.SlotOf(bundle) is { Serves: true }) return null;
        // Time in which nobody could look is not the version's.
        if (at.Memory.Runtime.Trouble is not null) return null;
        return at.Memory.BringingUp is { } begun && begun.Bundle == bundle.Hash ? begun : new(bundle.Hash, running);
    }

    private static string? ArtifactOf(TargetSight at, Bundle bundle) => bundle.Artifact.Reference != bundle.Artifact.Digest
        ? bundle.Artifact.Reference
        : at.Pipeline.Spec.Artifact?.Of(bundle.Version);
}
