using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Ports;

/// <summary>
/// Starts, replaces and stops the versions of a target. Traffic is the router's: it leaves a slot before the slot is drained.
/// </summary>
/// <remarks>
/// Every call says what is to be, not what is to change: repeated, it does nothing more. Each returns within a bounded time and can be
/// cancelled; a call that was cut short is completed by the next one that asks for the same. What was started outlives the daemon, and
/// the next daemon finds it.
/// </remarks>
public interface IRuntime
{
    /// <summary>
    /// Whether it can start (<see cref="Ability.StartVersions"/>) and drain (<see cref="Ability.DrainVersions"/>) versions.
    /// </summary>
    Abilities Abilities { get; }

    /// <summary>What runs in the slots of a target; a target that it never heard of has none.</summary>
    /// <exception cref="RuntimeUnavailableException">It is not known: neither that something runs, nor that nothing does.</exception>
    ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop);

    /// <summary>
    /// The slot is to run this bundle, and no other: another one in it is stopped first. It does not wait until the bundle serves. On a
    /// slot that is drained it takes the drain back.
    /// </summary>
    /// <returns>How the slot stands now: what cannot run is a status that says why.</returns>
    /// <exception cref="RuntimeUnavailableException">Unknown, whether anything was done; ask again.</exception>
    ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop);

    /// <summary>
    /// The slot is to get no new requests. It does not wait: ask again until the phase is <see cref="SlotPhase.Drained"/>, which is at the
    /// runtime's limit at the latest.
    /// </summary>
    /// <returns>Null where nothing is in the slot.</returns>
    /// <exception cref="RuntimeUnavailableException">Unknown, whether anything was done; ask again.</exception>
    ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop);

    /// <summary>Nothing is to run in the slot; returns when nothing does.</summary>
    /// <exception cref="RuntimeUnavailableException">Something of it still runs, or that is unknown; ask again.</exception>
    ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop);
}

/// <summary>What a runtime needs of a bundle.</summary>
/// <param name="Id">Names its content: another id is another bundle.</param>
/// <param name="Version">Its name for people, and what the artifact of a file is found by.</param>
/// <param name="Artifact">What is to be run; null where it is not started here.</param>
public sealed record RunnableBundle(string Id, string Version, string? Artifact = null);

public sealed record RuntimeStatus(ImmutableArray<SlotStatus> Slots)
{
    public static readonly RuntimeStatus Empty = new([]);

    /// <summary>What a person should know and can do something about, in sentences.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public SlotStatus? Find(string slot) => Slots.FirstOrDefault(s => s.Slot == slot);
}

public enum SlotPhase
{
    /// <summary>It was started, and no probe has been good yet.</summary>
    Starting,

    /// <summary>Its last probe was good.</summary>
    Serving,

    /// <summary>It served, and its probes fail now.</summary>
    Unhealthy,

    /// <summary>It ended or did not start, and is started again.</summary>
    BackingOff,

    /// <summary>It cannot run, or ended several times in a row: a person should look. It is tried on, seldom.</summary>
    Failed,

    /// <summary>No new requests; connections are still open.</summary>
    Draining,

    /// <summary>No new requests, and nothing to wait for any more.</summary>
    Drained,

    /// <summary>It is being ended.</summary>
    Stopping,
}

/// <param name="Bundle">What is to run in the slot.</param>
/// <param name="Endpoints">Where it answers; empty where nothing runs.</param>
/// <param name="Why">Why it does not serve, or what it waits for, in a sentence; null while it serves.</param>
public sealed record SlotStatus(
    string Slot, RunnableBundle Bundle, SlotPhase Phase, ImmutableArray<Uri> Endpoints, string? Why = null)
{
    /// <summary>Requests may be sent to it.</summary>
    public bool Serves => Phase == SlotPhase.Serving;

    /// <summary>Failures in a row: ends that nobody asked for, and starts that did not succeed.</summary>
    public int Failures { get; init; }

    /// <summary>When it is started again; null when it runs or is not to.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Connections that a drain still waits for; null without a drain, and where they cannot be counted.</summary>
    public int? Connections { get; init; }
}

/// <summary>What the runtime does is unknown now. The message says what, where and what to do.</summary>
public sealed class RuntimeUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
