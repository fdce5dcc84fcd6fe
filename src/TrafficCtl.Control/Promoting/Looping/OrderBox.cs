using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Promoting.Looping;

/// <summary>Holds orders until the round of their pipeline takes them.</summary>
internal sealed class OrderBox(Pipelines pipelines) : IPromotionOrders
{
    private readonly Lock gate = new();
    private readonly List<Order> waiting = [];
    private TaskCompletionSource arrived = New();
    private bool isOpen;

    /// <summary>Ends when an order comes that was not there.</summary>
    public Task Arrived
    {
        get
        {
            lock (gate) return arrived.Task;
        }
    }

    public async ValueTask<OrderOutcome> MakeAsync(
        string? service, Func<DateTimeOffset, PromotionFact> make, CancellationToken stop)
    {
        if (service is not null)
            return pipelines.Has(service)
                ? await Put(service, make).WaitAsync(stop)
                : new(false, $"no pipeline {service} is declared here; there are {Known()}");
        var orders = pipelines.All.Select(spec => (spec.Service, Outcome: Put(spec.Service, make))).ToArray();
        if (orders.Length == 0) return new(false, "no pipeline is declared here");
        await Task.WhenAll(orders.Select(static o => o.Outcome)).WaitAsync(stop);
        var outcomes = orders.Select(static o => (o.Service, Outcome: o.Outcome.Result)).ToArray();
        var refused = outcomes.Where(static o => !o.Outcome.IsAccepted).ToArray();
        return refused.Length == outcomes.Length
            ? refused[0].Outcome
            : new(
                true, refused.Length == 0
                    ? $"recorded for {outcomes.Length} services"
                    : $"recorded for {outcomes.Length - refused.Length} services; "
                        + string.Join("; ", refused.Select(static o => $"{o.Service}: {o.Outcome.Answer}")),
                outcomes.First(static o => o.Outcome.IsAccepted).Outcome.Fact);
    }

    /// <summary>Orders are taken from now on.</summary>
    public void Open()
    {
        lock (gate) isOpen = true;
    }

    /// <summary>This process decides nothing any more: whoever waits is told that nothing was recorded.</summary>
    public void Close()
    {
        Order[] left;
        lock (gate)
        {
            isOpen = false;
            left = [.. waiting];
            waiting.Clear();
        }

        foreach (var order in left) order.Outcome.TrySetException(Elsewhere());
    }

    public bool Has(string service)
    {
        lock (gate) return waiting.Exists(o => o.Service == service);
    }

    /// <summary>Those of a pipeline, oldest first; whoever takes them answers them.</summary>
    public ImmutableArray<Order> Take(string service)
    {
        lock (gate)
        {
            if (waiting.Count == 0) return [];
            ImmutableArray<Order> taken = [.. waiting.Where(o => o.Service == service)];
            waiting.RemoveAll(o => o.Service == service);
            return taken;
        }
    }

    /// <summary>The state that they were asked on was another writer's: they are asked again in the next round.</summary>
    public void PutBack(ImmutableArray<Order> orders)
    {
        lock (gate) waiting.InsertRange(0, orders);
    }

    private Task<OrderOutcome> Put(string service, Func<DateTimeOffset, PromotionFact> make)
    {
        var order = new Order(service, make, new(TaskCreationOptions.RunContinuationsAsynchronously));
        TaskCompletionSource signal;
        lock (gate)
        {
            if (!isOpen) throw Elsewhere();
            waiting.Add(order);
            signal = arrived;
            arrived = New();
        }

        signal.TrySetResult();
        return order.Outcome.Task;
    }

    private string Known() => string.Join(", ", pipelines.All.Select(static p => p.Service).Order(StringComparer.Ordinal));

    private static StoreUnavailableException Elsewhere() =>
        new("This process does not decide about promotions now; ask the one that does, or again in a moment.") { IsElsewhere = true };

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What somebody asks of one pipeline.</summary>
internal sealed record Order(string Service, Func<DateTimeOffset, PromotionFact> Make, TaskCompletionSource<OrderOutcome> Outcome);
