using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.Asking;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>Brings what is held of a pipeline up to date with the store. Reads nothing where nothing can have changed.</summary>
internal sealed class PromotionReader(IPromotionFacts facts, IPublications publications, IStore store)
{
    /// <summary>How often publications are read that nobody told of.</summary>
    public static readonly TimeSpan PublicationsEvery = TimeSpan.FromSeconds(5);

    private const int Page = 1000;

    /// <exception cref="StoreUnavailableException">Nothing changed.</exception>
    public async ValueTask<PipelineMemory> LoadAsync(PipelineMemory pipeline, TimeSpan running, CancellationToken stop)
    {
        if (!pipeline.MustLoad) return pipeline;
        var state = pipeline.State;
        while (true)
        {
            var read = await facts.PromotionFactsAsync(pipeline.Spec.Service, state.Sequence, Page, stop);
            foreach (var fact in read) state = state.Apply(fact);
            if (read.Length < Page) break;
        }

        var targets = ImmutableArray.CreateBuilder<TargetMemory>(pipeline.Targets.Length);
        foreach (var target in pipeline.Targets) targets.Add(await LoadAsync(target, stop));
        return pipeline with
        {
            State = state,
            MustLoad = false,
            Targets = targets.MoveToImmutable(),
            Questions =
            [
                .. pipeline.Questions,
                .. QuestionAnswers.LeftOpen(pipeline.Spec.Promotion, state, running)
                    .Where(q => pipeline.Questions.All(held => held.Question.Id != q.Question.Id)),
            ],
        };
    }

    /// <summary>Null where they need not be read.</summary>
    /// <exception cref="StoreUnavailableException">They cannot be read.</exception>
    public async ValueTask<ImmutableArray<Publication>?> PublicationsAsync(
        PipelineMemory pipeline, TimeSpan running, CancellationToken stop) =>
        pipeline.PublicationsAt is { } at && running - at < PublicationsEvery
            ? null
            : await publications.PublicationsAsync(pipeline.Spec.Service, stop);

    /// <summary>The record of a target that the loop does not drive yet.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public async ValueTask<TargetMemory> LoadAsync(TargetMemory target, CancellationToken stop)
    {
        if (target.Rollout.IsKnown) return target;
        var record = await store.LoadAsync(target.Key, stop);
        RolloutState? newest = record?.Active;
        return target with { Rollout = new RolloutMemory(true, record, newest) };
    }
}
