using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.TestKit;

/// <summary>Promotion facts in memory, by the contract of <see cref="IPromotionFacts"/>.</summary>
public sealed class FakePromotionFacts(PortCalls? calls = null) : IPromotionFacts
{
    private readonly Lock gate = new();
    private readonly PortCalls calls = calls ?? new PortCalls();
    private readonly Dictionary<string, ImmutableArray<PromotionFact>> facts = [];

    /// <summary>Every call fails while it is set.</summary>
    public bool IsGone { get; set; }

    /// <summary>Of a service, oldest first, without a call of the port.</summary>
    public ImmutableArray<PromotionFact> Of(string service)
    {
        lock (gate) return facts.GetValueOrDefault(service, []);
    }

    public ValueTask<ImmutableArray<PromotionFact>> PromotionFactsAsync(string service, long after, int limit, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Call<ImmutableArray<PromotionFact>>(
            () => [.. Of(service).Where(f => f.Stamp.Sequence > after).Take(limit)], nameof(PromotionFactsAsync));
    }

    public ValueTask AppendAsync(string service, ImmutableArray<PromotionFact> facts, CancellationToken stop)
    {
        var done = Call(() => Append(service, facts), nameof(AppendAsync));
        return done.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(done.AsTask());
    }

    private bool Append(string service, ImmutableArray<PromotionFact> added)
    {
        var held = Of(service);
        var last = held.Length;
        foreach (var fact in added)
        {
            if (fact.Stamp.Sequence != last + 1) throw new StalePromotionException(service, fact.Stamp.Sequence - 1, last);
            last++;
        }

        lock (gate) facts[service] = held.AddRange(added);
        return true;
    }

    private ValueTask<T> Call<T>(Func<T> effect, string name)
    {
        try
        {
            lock (gate)
            {
                if (IsGone) throw Outage();
                return ValueTask.FromResult(calls.Make(effect, Outage, nameof(IPromotionFacts), name));
            }
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<T>(fault);
        }
    }

    private static StoreUnavailableException Outage() => new("the fake store of promotion facts is gone");
}
