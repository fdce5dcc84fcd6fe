using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.Asking;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>The first stage of a round: reads, and makes facts of what is new. Changes nothing.</summary>
internal sealed class PipelineObserver(PromotionReader reader, TargetObserver targets, QuestionAnswers answers, Views views)
{
    /// <summary>A target whose runtime cannot be seen for so long counts as not connected.</summary>
    public static readonly TimeSpan GoneLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="StoreUnavailableException">Nothing is known that was not before.</exception>
    public async ValueTask<Observed> ObserveAsync(PipelineMemory pipeline, Instant now, CancellationToken stop)
    {
        pipeline = await reader.LoadAsync(pipeline, now.Running, stop);
        for (var i = 0; i < pipeline.Targets.Length; i++)
            if (!pipeline.Targets[i].Rollout.IsKnown)
                pipeline = pipeline with { Targets = pipeline.Targets.SetItem(i, await reader.LoadAsync(pipeline.Targets[i], stop)) };
        pipeline = pipeline with { Targets = await targets.ObserveAsync(pipeline.Targets, now.Running, stop) };
        var facts = ImmutableArray.CreateBuilder<PromotionFact>();
        pipeline = await PublishAsync(pipeline, now, facts, stop);
        var (open, answered) = await answers.ReadAsync(pipeline, now.At, now.Running, stop);
        facts.AddRange(answered);
        pipeline = pipeline with { Questions = open };
        // What is adopted may have been published in this round.
        facts.AddRange(AdoptionFacts.Of(With(pipeline, facts), now.At));
        return new(LookAtTargets(pipeline, now, facts), facts.ToImmutable());
    }

    /// <summary>A target has news since the last round.</summary>
    public bool HasNews(PipelineMemory pipeline)
    {
        foreach (var target in pipeline.Targets)
            if (targets.HasNews(target)) return true;
        return false;
    }

    private async ValueTask<PipelineMemory> PublishAsync(
        PipelineMemory pipeline, Instant now, ImmutableArray<PromotionFact>.Builder facts, CancellationToken stop)
    {
        if (await reader.PublicationsAsync(pipeline, now.Running, stop) is not { } publications) return pipeline;
        var published = PublishedFacts.Of(pipeline.Spec, pipeline.State.Line, publications, now.At);
        facts.AddRange(published.Facts);
        if (!published.Facts.IsEmpty && AdoptionFacts.FindLoss(pipeline, now.At) is { } loss) facts.Add(loss);
        return pipeline with { PublicationsAt = now.Running, Refused = published.Refused };
    }

    private PipelineMemory LookAtTargets(PipelineMemory pipeline, Instant now, ImmutableArray<PromotionFact>.Builder facts)
    {
        for (var i = 0; i < pipeline.Targets.Length; i++)
        {
            var target = pipeline.Targets[i];
            if (pipeline.Spec.Promotion.Find(target.Key.Environment) is not { } environment) continue;
            var at = new TargetSight(pipeline, target, environment, pipeline.DecisionOf(target));
            if (Connection(at, now) is { } connection) facts.Add(connection);
            foreach (var fact in new RolloutFacts(at, now.At, now.Running).Find()) facts.Add(fact);
            var (mark, served) = ServedFacts.Of(at, views.Find(target.Key), now.At, now.Running);
            if (served is not null) facts.Add(served);
            if (mark != target.Served)
                pipeline = pipeline with { Targets = pipeline.Targets.SetItem(i, target with { Served = mark }) };
        }

        return pipeline;
    }

    private static PromotionFact.TargetObserved? Connection(TargetSight at, Instant now)
    {
        var runtime = at.Memory.Runtime;
        var isConnected = runtime.GoneSince is not { } gone || now.Running - gone <= GoneLimit;
        // One that is away comes back when it is seen, not while it is not known.
        if (at.Recorded.IsConnected == isConnected || (isConnected && runtime.Trouble is not null)) return null;
        return new(
            new(0, now.At, FactStamp.Engine, runtime.Trouble ?? "it is seen again"), at.Environment.Name, at.Memory.Key.Target,
            isConnected);
    }

    private static PipelineMemory With(PipelineMemory pipeline, ImmutableArray<PromotionFact>.Builder facts)
    {
        var state = pipeline.State;
        foreach (var fact in facts) state = state.Append(fact, out _);
        return pipeline with { State = state };
    }
}
