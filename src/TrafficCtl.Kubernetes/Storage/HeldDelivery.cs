using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>What this process knows of one service's objects: what it read or wrote last. Owned by whoever holds the gate.</summary>
/// <param name="remembers">Also what is no longer there: only a leader may, nobody else writes then.</param>
internal sealed class HeldDelivery(TargetKey key, KubeName name, bool remembers)
{
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public TargetKey Key => key;

    public KubeName Name => name;

    /// <summary>Null when it does not exist, or is not known.</summary>
    public JsonObject? Object { get; private set; }

    /// <summary>What <see cref="Object"/> says; null while nothing is known for sure: a read comes next.</summary>
    public DeliveryState? State { get; private set; }

    /// <summary>The server was asked for it before.</summary>
    public bool WasRead { get; set; }

    /// <summary>When a load read it for the question that comes with it, by the monotonic clock; null when that was asked.</summary>
    public long? LoadedAt { get; set; }

    /// <summary>The last object with a record, and what it said: who deletes an object does not delete the past.</summary>
    public (JsonObject Object, DeliveryState State)? Last { get; private set; }

    /// <summary>Rollout objects by the rollout's id, as they were read or written last.</summary>
    public Dictionary<string, JsonObject> Rollouts { get; } = [];

    /// <summary>A Rollout object may not tell what the record says.</summary>
    public bool IsBehind { get; set; }

    /// <summary>Numbers of rollouts that are kept no longer.</summary>
    public Queue<int> Surplus { get; } = new();

    /// <summary>By the rollout's id: the newest fact that its object holds.</summary>
    public Dictionary<string, long> Copied => Rollouts.ToDictionary(r => r.Key, r => RolloutObject.Sequence(r.Value));

    public void Take(JsonObject? found, DeliveryState state)
    {
        (Object, State, WasRead, LoadedAt) = (found, state, true, null);
        if (state.Record is not { } record) return;
        if (remembers && found is not null) Last = (found, state);
        foreach (var id in Rollouts.Keys.Where(id => id != record.Active?.Id && id != state.Ended?.Id).ToArray()) Rollouts.Remove(id);
    }

    /// <summary>Somebody may have written since: the next use reads.</summary>
    public void Doubt() => (State, LoadedAt) = (null, null);
}
