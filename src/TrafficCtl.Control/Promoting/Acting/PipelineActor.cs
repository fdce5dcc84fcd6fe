using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>The stage of a round that has effects. What it acts on is saved; repeated, it does nothing more.</summary>
internal sealed class PipelineActor(SlotActor slots, ServiceDeclarer services, WishSender wishes)
{
    /// <param name="pipeline">With the state and the decisions that were saved.</param>
    /// <param name="running">The monotonic clock.</param>
    /// <param name="stop">Ends the acting; what was begun is completed by the next round.</param>
    /// <returns>With what was done, and with what failed, in <see cref="PipelineMemory.Troubles"/>.</returns>
    public async ValueTask<PipelineMemory> ActAsync(PipelineMemory pipeline, DateTimeOffset now, TimeSpan running, CancellationToken stop)
    {
        var troubles = ImmutableArray.CreateBuilder<string>();
        var targets = pipeline.Targets.ToBuilder();
        // What must not have traffic loses it before anything that may take its time.
        for (var i = 0; i < targets.Count; i++)
            targets[i] = await WishAsync(pipeline, targets[i], isAbort: true, now, running, troubles, stop);
        var declared = ImmutableArray.CreateBuilder<ServiceSpec?>(targets.Count);
        for (var i = 0; i < targets.Count; i++)
        {
            declared.Add(targets[i].Declared);
            if (SightOf(pipeline, targets[i]) is not { } at) continue;
            var wanted = TargetGoal.Of(at);
            var plan = SlotPlan.Of(at, wanted);
            declared[i] = ServicePlan.Of(at, wanted, plan);
            targets[i] = await SlotsAsync(at, wanted, plan, running, troubles, stop);
        }

        var problems = await DeclareAsync(pipeline.Spec.Service, [.. declared.OfType<ServiceSpec>()], stop);
        troubles.AddRange(problems);
        for (var i = 0; problems.IsEmpty && i < targets.Count; i++)
            if (!ReferenceEquals(targets[i].Declared, declared[i])) targets[i] = targets[i] with { Declared = declared[i] };
        for (var i = 0; i < targets.Count; i++)
            targets[i] = await WishAsync(pipeline, targets[i], isAbort: false, now, running, troubles, stop);
        return pipeline with { Targets = targets.ToImmutable(), Troubles = troubles.ToImmutable() };
    }

    private async ValueTask<TargetMemory> SlotsAsync(
        TargetSight at, TargetGoal wanted, SlotPlan plan, TimeSpan running, ImmutableArray<string>.Builder troubles, CancellationToken stop)
    {
        try
        {
            return await slots.ActAsync(at, wanted, plan, running, stop);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            troubles.Add($"{at.Memory.Key}: {fault.Message}");
            return at.Memory;
        }
    }

    /// <summary>A fault of declaring is no reason to leave rollouts as they are.</summary>
    private async ValueTask<ImmutableArray<string>> DeclareAsync(
        string pipeline, ImmutableArray<ServiceSpec> declared, CancellationToken stop)
    {
        try
        {
            return await services.DeclareAsync(pipeline, declared, stop);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return [$"{pipeline}: its services could not be declared: {fault.Message}"];
        }
    }

    private async ValueTask<TargetMemory> WishAsync(
        PipelineMemory pipeline, TargetMemory target, bool isAbort, DateTimeOffset now, TimeSpan running,
        ImmutableArray<string>.Builder troubles, CancellationToken stop)
    {
        if (SightOf(pipeline, target) is not { } at || DecisionOf(pipeline, at.Environment.Name) is not { } decided) return target;
        var goal = TargetGoal.Of(at);
        if (goal.Abort is not null != isAbort) return target;
        var next = WishPlan.Of(at, goal, decided, now);
        if (next is null) return target.Wish is null ? target : target with { Wish = null };
        try
        {
            var sent = await wishes.SendAsync(next, target.Wish, running, stop);
            if (sent?.Refusal is { } refusal) troubles.Add($"{target.Key}: {sent.Wish.Kind} {sent.Wish.Version} is refused: {refusal}");
            return target with { Wish = sent };
        }
        catch (StoreUnavailableException fault)
        {
            troubles.Add($"{target.Key}: {fault.Message}");
            return target;
        }
    }

    private static TargetSight? SightOf(PipelineMemory pipeline, TargetMemory target) =>
        pipeline.Spec.Promotion.Find(target.Key.Environment) is { } environment
            ? new(pipeline, target, environment, pipeline.DecisionOf(target))
            : null;

    private static EnvironmentDecision? DecisionOf(PipelineMemory pipeline, string environment)
    {
        foreach (var decided in pipeline.Decisions ?? [])
            if (decided.Environment == environment) return decided;
        return null;
    }
}
