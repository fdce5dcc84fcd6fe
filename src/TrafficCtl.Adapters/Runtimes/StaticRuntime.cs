using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Adapters.Runtimes.Probes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Runtimes;

/// <summary>Versions that run already, at the endpoints that the file gives (<c>versions:</c>). Nothing is started or stopped.</summary>
/// <remarks>
/// Every listed version is in a slot of its own name, until a slot is told something else. What was told is not kept over a restart:
/// whoever keeps the record of the target tells it again.
/// </remarks>
/// <param name="find">What the file says of a target; null where it says nothing.</param>
public sealed class StaticRuntime(Func<TargetKey, StaticVersions?> find, TimeProvider clock) : IRuntime, IDisposable
{
    private const string Unseen = "it is sent no new requests; its connections are not seen here";

    private readonly ConcurrentDictionary<(TargetKey Key, string Slot), Told> told = new();
    private readonly SlotProbe probe = new(clock);

    public Abilities Abilities => Abilities.StaticRuntime;

    public async ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var names = told.Keys.Where(k => k.Key == key).Select(static k => k.Slot)
            .Concat(find(key)?.Versions.Select(static v => v.Version) ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var seen = await Task.WhenAll(names.Select(name => LookAsync(key, name, stop)));
        return new RuntimeStatus([.. seen.OfType<SlotStatus>()]);
    }

    public async ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        told[(key, slot)] = new Told(bundle, IsDrained: false);
        return (await LookAsync(key, slot, stop))!;
    }

    public async ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (Find(key, slot) is not { Bundle: { } bundle }) return null;
        told[(key, slot)] = new Told(bundle, IsDrained: true);
        return await LookAsync(key, slot, stop);
    }

    public ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (Find(key, slot) is not null) told[(key, slot)] = new Told(null, IsDrained: false);
        return ValueTask.CompletedTask;
    }

    public void Dispose() => probe.Dispose();

    private Told? Find(TargetKey key, string slot)
    {
        if (told.TryGetValue((key, slot), out var found)) return found;
        return find(key)?.Versions.FirstOrDefault(v => v.Version == slot) is { } listed
            ? new Told(new RunnableBundle(listed.Fingerprint, listed.Version), IsDrained: false)
            : null;
    }

    private async Task<SlotStatus?> LookAsync(TargetKey key, string slot, CancellationToken stop)
    {
        if (Find(key, slot) is not { Bundle: { } bundle, IsDrained: var isDrained }) return null;
        if (find(key) is not { } versions || versions.Versions.FirstOrDefault(v => v.Version == bundle.Version) is not { } version)
        {
            var lack = Abilities.LackOf(Ability.StartVersions)!;
            return new SlotStatus(
                slot, bundle, SlotPhase.Failed, [], $"{bundle.Version} is not listed, and not started here: {lack.Why}; {lack.Remedy}");
        }

        if (isDrained) return new SlotStatus(slot, bundle, SlotPhase.Drained, version.Endpoints, Unseen);
        var faults = await Task.WhenAll(version.Endpoints.Select(
            async at => (At: at, Fault: await probe.FindFaultAsync(at, versions.Health, stop))));
        // One that answers serves: the proxy passes over the others.
        return faults.Any(static f => f.Fault is null)
            ? new SlotStatus(slot, bundle, SlotPhase.Serving, version.Endpoints)
            : new SlotStatus(
                slot, bundle, SlotPhase.Unhealthy, version.Endpoints,
                string.Join("; ", faults.Select(f => $"{bundle.Version}: the probe of {f.At} {f.Fault}")));
    }

    /// <param name="Bundle">Null where it is stopped.</param>
    private sealed record Told(RunnableBundle? Bundle, bool IsDrained);
}

/// <param name="Versions">As the file lists them, with TCP endpoints.</param>
public sealed record StaticVersions(ImmutableArray<VersionSpec> Versions, HealthSettings Health);
