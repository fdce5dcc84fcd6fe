using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Ports;

/// <summary>Moves traffic. Routes are absolute and stamped; applying one twice is harmless.</summary>
public interface ITrafficRouter
{
    /// <summary>Puts the route in force unless the router holds a newer generation of the target.</summary>
    ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop);

    /// <summary>What the router does now; null when it does not know the target.</summary>
    ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop);

    /// <summary>
    /// Takes the candidate to 0 now and keeps it there, whatever route arrives, until <see cref="AnsweredAsync"/>. It needs no store:
    /// what is to be recorded is kept with it, as durably as the router can, and is reported in <see cref="RouterStatus.Abort"/>.
    /// </summary>
    /// <returns>What it does from now on; null when it cannot: it does not know the service, or not which version is stable.</returns>
    /// <exception cref="Exception">It could not be done; the split is as it was.</exception>
    ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop);

    /// <summary>The store has answered this abort, and what it asks for is in force: routes count again.</summary>
    ValueTask AnsweredAsync(Wish abort, CancellationToken stop);

    /// <summary>
    /// What an earlier process put in force, as far as the router itself keeps it, and what is served of it now: for a reader, while
    /// the record cannot be read. Null where it keeps nothing.
    /// </summary>
    ValueTask<RouterStatus?> RecallAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult<RouterStatus?>(null);

    /// <summary>A person has decided about a drift that asked for a pause: the next application writes the asked split again.</summary>
    void Settle(TargetKey key)
    {
    }
}

/// <summary>What an abort did to the traffic.</summary>
/// <param name="Stable">The version that serves everything from now on.</param>
/// <param name="Candidate">The version that gets nothing from now on; null when none was in force.</param>
/// <param name="Held">The abort that is held until the store answers it: an earlier one where there is one.</param>
/// <param name="Warning">What a restart of the process would lose, and what to do; null when nothing.</param>
public sealed record AbortEffect(string Stable, string? Candidate, Wish Held, string? Warning);

public enum ApplyOutcome
{
    Applied,

    /// <summary>The router holds a newer generation, or does not serve the service; nothing changed.</summary>
    Stale,
}

/// <param name="Route">The asked route in force.</param>
/// <param name="EffectiveExposure">What is really served: lower than asked while a breaker's latch holds.</param>
/// <param name="Trip">The latch of the present rollout; null when it holds none.</param>
/// <param name="Warning">What the router could not do, for a person; null when all is well. Traffic moves nevertheless.</param>
public sealed record RouterStatus(
    ServiceRoute Route, Exposure EffectiveExposure, ArmHealth Stable, ArmHealth Candidate, BreakerTrip? Trip, string? Warning = null)
{
    /// <summary>
    /// An external change of the split since it was last written; null without one. The same drift is reported until it is settled.
    /// </summary>
    public Drift? Drift { get; init; }

    /// <summary>An abort that holds the candidate at 0 and that the store has not answered; null without one.</summary>
    public Wish? Abort { get; init; }

    /// <summary>
    /// Why the candidate gets less than <see cref="Route"/> asks, in a sentence, where that is neither a trip of the breaker nor a drift;
    /// null when it gets that.
    /// </summary>
    public string? Withheld { get; init; }

    /// <summary>
    /// The version that stable's requests really go to, where the configuration does not name the route's; null when they go to that.
    /// </summary>
    public string? StandIn { get; init; }

    /// <summary>What is missing for <see cref="Pending"/> to be in force; null when nothing is, or it is not known.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>Why <see cref="Route"/> counts as in force although no request plainly shows it; null when one does.</summary>
    public string? CountsBecause { get; init; }

    /// <summary>The asked route that the router holds and nothing confirms yet; null when <see cref="Route"/> is the asked one.</summary>
    public ServiceRoute? Pending { get; init; }
}

/// <summary>The live routing object does not say what was last written to it.</summary>
/// <param name="Found">What it says; null when it no longer can be understood (a rule renamed, a backend gone).</param>
/// <param name="Who">The manager and operation that the object's bookkeeping names last, such as <c>argocd-controller (Apply)</c>.</param>
/// <param name="At">When that was; null when it is not told.</param>
/// <param name="Answer">What the router does about it, or asks the engine for.</param>
/// <param name="Text">One sentence with the object, what was, what is, and who.</param>
public sealed record Drift(Weights? Found, string Who, DateTimeOffset? At, DriftAnswer Answer, string Text);

public enum DriftAnswer
{
    /// <summary>The router writes its split again.</summary>
    Correct,

    /// <summary>The router leaves the object alone; the rollout is to pause for a person.</summary>
    Pause,

    /// <summary>The router leaves the object as it is until another split is asked for.</summary>
    Adopt,

    /// <summary>A person took the candidate's traffic away: the rollout is to end as if aborted.</summary>
    Abort,
}
