using System.Collections.Concurrent;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>Where the toy's versions run, whichever daemon asks: what stands there outlives the runtime.</summary>
internal sealed class ToyPlace
{
    public ConcurrentDictionary<(TargetKey Key, string Slot), (RunnableBundle Bundle, bool IsDrained)> Slots { get; } = new();

    /// <summary>What is wrong with a version; null when it can run, and serves.</summary>
    public ConcurrentDictionary<string, (SlotPhase Phase, string Why)?> Versions { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// A runtime that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.
/// </summary>
internal sealed class ToyRuntime(ToyPlace place) : IRuntime
{
    public Abilities Abilities => Abilities.ProcessRuntime(isSupported: true);

    public ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop)
    {
        var here = place.Slots.Keys.Where(at => at.Key == key).OrderBy(static at => at.Slot, StringComparer.Ordinal);
        return ValueTask.FromResult(new RuntimeStatus([.. here.Select(at => StatusOf(at, place.Slots[at]))]));
    }

    public ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        place.Slots[(key, slot)] = (bundle, false);
        return ValueTask.FromResult(StatusOf((key, slot), (bundle, false)));
    }

    public ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (!place.Slots.TryGetValue((key, slot), out var found)) return ValueTask.FromResult<SlotStatus?>(null);
        place.Slots[(key, slot)] = (found.Bundle, true);
        return ValueTask.FromResult<SlotStatus?>(StatusOf((key, slot), (found.Bundle, true)));
    }

    public ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        place.Slots.TryRemove((key, slot), out _);
        return ValueTask.CompletedTask;
    }

    private SlotStatus StatusOf((TargetKey Key, string Slot) at, (RunnableBundle Bundle, bool IsDrained) there)
    {
        if (!place.Versions.TryGetValue(there.Bundle.Version, out var fault))
            return new(at.Slot, there.Bundle, SlotPhase.Failed, [], $"{there.Bundle.Version} was never published");
        var endpoint = new Uri($"http://{at.Slot}.toy");
        if (there.IsDrained) return new(at.Slot, there.Bundle, SlotPhase.Drained, [endpoint], "it gets no new requests");
        return new(at.Slot, there.Bundle, fault?.Phase ?? SlotPhase.Serving, [endpoint], fault?.Why);
    }
}
