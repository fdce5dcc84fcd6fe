using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.Acting;
using TrafficCtl.Control.Promoting.Asking;
using TrafficCtl.Control.Promoting.Observing;
using TrafficCtl.Control.Promoting.Reporting;
using TrafficCtl.Control.Promoting.Settling;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Timing;

namespace TrafficCtl.Control.Promoting.Looping;

/// <summary>
/// One round of a pipeline: observe, settle, save, act, report. Nothing acts before its fact is saved; a question is asked by the round
/// after the one that recorded it.
/// </summary>
internal sealed class PromotionRound(
    PipelineObserver observer, IPromotionFacts store, PipelineActor actor, PromotionViews views, OrderBox box, TimeProvider clock)
{
    /// <returns>What is held from now on, and when the next round is due.</returns>
    public async ValueTask<(PipelineMemory Pipeline, RoundEnd End)> RunAsync(PipelineMemory pipeline, CancellationToken stop)
    {
        var now = clock.Now();
        var orders = ImmutableArray<Order>.Empty;
        try
        {
            var observed = await observer.ObserveAsync(pipeline, now, stop);
            pipeline = observed.Pipeline;
            orders = box.Take(pipeline.Spec.Service);
            var settled = Settler.Settle(pipeline, observed.Facts, [.. orders.Select(static o => o.Make)], now.At);
            if (!settled.Facts.IsEmpty) await store.AppendAsync(pipeline.Spec.Service, settled.Facts, stop);
            for (var i = 0; i < orders.Length; i++) orders[i].Outcome.TrySetResult(settled.Orders[i]);
            orders = [];
            pipeline = pipeline with
            {
                State = settled.State,
                Decisions = settled.Decisions,
                Questions = pipeline.Questions.AddRange(
                    QuestionAnswers.Open(pipeline.Spec.Promotion, settled.Questions, isOwn: true, now.Running)),
            };
            pipeline = await actor.ActAsync(pipeline, now.At, now.Running, stop);
            return (Show(pipeline, now, null), settled.Facts.IsEmpty ? RoundEnd.Rest : RoundEnd.Again);
        }
        catch (StalePromotionException)
        {
            box.PutBack(orders);
            return (pipeline with { MustLoad = true }, RoundEnd.Again);
        }
        catch (StoreUnavailableException fault)
        {
            foreach (var order in orders) order.Outcome.TrySetException(fault);
            return (Show(pipeline with { MustLoad = true }, now, fault.Message), RoundEnd.Trouble);
        }
        catch (Exception fault)
        {
            foreach (var order in orders) order.Outcome.TrySetException(new StoreUnavailableException(fault.Message, fault));
            if (!stop.IsCancellationRequested) Show(pipeline, now, fault.Message);
            throw;
        }
    }

    private PipelineMemory Show(PipelineMemory pipeline, Instant now, string? trouble)
    {
        var (view, reported) = PipelineReporter.Report(pipeline, now.At, trouble);
        views.Put(view);
        return reported;
    }
}

/// <summary>When a pipeline is to have its next round.</summary>
internal enum RoundEnd
{
    /// <summary>With the next beat.</summary>
    Rest,

    /// <summary>At once: something changed.</summary>
    Again,

    /// <summary>After a while: the store cannot be used.</summary>
    Trouble,
}
