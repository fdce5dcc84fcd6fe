using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Facts of a service from its Delivery and from as many of its Rollouts as it takes.</summary>
internal sealed class FactReader(RolloutWrites rollouts)
{
    /// <summary>No Delivery may keep more.</summary>
    private const int MostRollouts = 50;

    /// <param name="held">Its gate is held, and it was read.</param>
    /// <param name="query">The query for its service.</param>
    /// <param name="stop">Ends it.</param>
    public async ValueTask<ImmutableArray<Fact>> ReadAsync(HeldDelivery held, FactQuery query, CancellationToken stop)
    {
        var state = held.State!;
        var found = new SortedDictionary<long, Fact>();
        void Add(ImmutableArray<Fact> facts)
        {
            foreach (var fact in facts)
                if ((query.Before is null || fact.Seq < query.Before) && (query.RolloutId is null || fact.RolloutId == query.RolloutId))
                    found[fact.Seq] = fact;
        }

        Add(state.Facts);
        if (query.RolloutId is { } id) Add(await OfAsync(held, id, ObjectNames.NumberOf(id), stop));
        else
        {
            // A rollout's facts are all newer than those of the rollouts before it.
            var newest = state.Record?.LastNumber ?? 0;
            var ofRollouts = 0;
            for (var number = newest; number > Math.Max(0, newest - MostRollouts) && ofRollouts < query.Limit; number--)
            {
                var before = found.Count;
                Add(await OfAsync(held, RolloutState.IdOf(query.Key, number), number, stop));
                ofRollouts += found.Count - before;
            }
        }

        return [.. found.Values.Reverse().Take(query.Limit)];
    }

    private async ValueTask<ImmutableArray<Fact>> OfAsync(HeldDelivery held, string id, int number, CancellationToken stop)
    {
        if (number <= 0) return [];
        var rollout = held.Rollouts.GetValueOrDefault(id) ?? await rollouts.ReadAsync(held, id, number, stop);
        return rollout is null ? [] : RolloutObject.Facts(rollout, held.Key);
    }
}
