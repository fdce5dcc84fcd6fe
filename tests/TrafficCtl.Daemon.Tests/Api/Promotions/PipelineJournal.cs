using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Daemon.Tests.Api.Promotions;

/// <summary>Takes orders as the driver does, and keeps their facts in memory.</summary>
internal sealed class PipelineJournal(PromotionViews views, TimeProvider clock) : IPromotionOrders
{
    /// <summary>As they were recorded.</summary>
    public List<PromotionFact> Facts { get; } = [];

    /// <summary>What the record takes; the token is that of the caller.</summary>
    public Func<CancellationToken, Task> Recording { get; set; } = static _ => Task.CompletedTask;

    public async ValueTask<OrderOutcome> MakeAsync(
        string? service, Func<DateTimeOffset, PromotionFact> make, CancellationToken stop)
    {
        await Recording(stop);
        var (now, outcome) = (clock.GetUtcNow(), new OrderOutcome(false, "there is no pipeline"));
        foreach (var view in service is null ? views.All : [views.Find(service)!])
        {
            var fact = make(now);
            if (Orders.Refusal(view.Spec.Promotion, view.State, fact, now) is { } refusal) return new(false, refusal);
            var state = view.State.Append(fact, out var numbered);
            Facts.Add(numbered);
            views.Put(PipelineExample.ViewOf(PromotionEngine.Settle(view.Spec.Promotion, state, now).State, now));
            outcome = new(true, $"{numbered.Name} is recorded", numbered);
        }

        return outcome;
    }
}
