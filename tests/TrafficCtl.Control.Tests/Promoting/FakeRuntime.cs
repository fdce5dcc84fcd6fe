using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>Versions in memory, which outlive the process under test. What is started serves when it is looked at.</summary>
internal sealed class FakeRuntime(PortCalls calls, FakeRouter router) : IRuntime, IRuntimeFactory
{
    private readonly SortedDictionary<string, SlotStatus> slots = new(StringComparer.Ordinal);

    public string Kind { get; init; } = "process";

    public Abilities Abilities { get; } = Abilities.ProcessRuntime(isSupported: true);

    /// <summary>Versions that do not serve, and how they stand instead.</summary>
    public Dictionary<string, (SlotPhase Phase, int Failures)> Bad { get; } = [];

    /// <summary>Targets that cannot be asked.</summary>
    public HashSet<TargetKey> Gone { get; } = [];

    /// <summary>Starts of a slot that was not running, in order.</summary>
    public List<string> Started { get; } = [];

    public ImmutableArray<string> Running(TargetKey key) =>
        [.. slots.Where(s => s.Key.StartsWith($"{key} ", StringComparison.Ordinal)).Select(static s => s.Value.Slot)];

    /// <summary>Somebody removes it behind everybody's back.</summary>
    public void Remove(TargetKey key, string slot) => slots.Remove(Name(key, slot));

    /// <summary>Versions that run already, as a file lists them.</summary>
    public void List(TargetKey key, params string[] versions)
    {
        foreach (var version in versions)
            slots[Name(key, version)] = new(
                version, new($"listed {version}", version), SlotPhase.Serving, [new Uri($"http://{version}.{key.Environment}.local")]);
    }

    public ValueTask<IRuntime> OpenAsync(Func<TargetKey, RuntimeSpec?> find, CancellationToken stop) => new(this);

    public ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop) => Call(key, () =>
    {
        foreach (var (name, slot) in slots.ToArray())
            if (name.StartsWith($"{key} ", StringComparison.Ordinal) && slot.Phase == SlotPhase.Starting) slots[name] = Begun(slot);
        return new RuntimeStatus([.. slots.Where(s => s.Key.StartsWith($"{key} ", StringComparison.Ordinal)).Select(static s => s.Value)]);
    });

    public ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop) => Call(key, () =>
    {
        var name = Name(key, slot);
        if (slots.TryGetValue(name, out var held) && held.Bundle == bundle && held.Phase is SlotPhase.Starting or SlotPhase.Serving)
            return held;
        Started.Add(name);
        var at = new Uri($"http://{bundle.Version}.{key.Environment}.local");
        return slots[name] = new SlotStatus(slot, bundle, SlotPhase.Starting, [at]);
    });

    public ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop) => Call(key, () =>
    {
        CheckIdle(key, slot);
        return slots.TryGetValue(Name(key, slot), out var held)
            ? slots[Name(key, slot)] = held with { Phase = SlotPhase.Drained, Why = "drained" }
            : null;
    });

    public async ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop) => await Call(key, () =>
    {
        CheckIdle(key, slot);
        return slots.Remove(Name(key, slot));
    });

    private SlotStatus Begun(SlotStatus slot) => Bad.TryGetValue(slot.Bundle.Version, out var bad)
        ? slot with { Phase = bad.Phase, Failures = bad.Failures, Why = "it ends at once", Endpoints = [] }
        : slot with { Phase = SlotPhase.Serving };

    private static string Name(TargetKey key, string slot) => $"{key} {slot}";

    private void CheckIdle(TargetKey key, string slot)
    {
        if (router.Find(key) is { } route && (route.Stable == slot || (route.Candidate == slot && route.Exposure.ReachesCandidate)))
            throw new InvalidOperationException($"{key}: slot {slot} is ended while it gets traffic");
    }

    private ValueTask<T> Call<T>(TargetKey key, Func<T> effect, [CallerMemberName] string name = "")
    {
        try
        {
            return new(calls.Make(() => Gone.Contains(key) ? throw Outage() : effect(), Outage, "runtime", name));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<T>(fault);
        }

        RuntimeUnavailableException Outage() => new($"the fake runtime of {key} is gone");
    }
}
