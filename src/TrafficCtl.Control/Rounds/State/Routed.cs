using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What is known about the router of one target, and what still has to be sent to it.</summary>
internal sealed record Routed
{
    /// <summary>The router was neither read nor written yet.</summary>
    public static readonly Routed Nothing = new();

    /// <summary>The route of the current record, built once per record; null before the first apply.</summary>
    public WantedRoute? Wanted { get; init; }

    /// <summary>The last route that the router accepted; null when it accepted none, or refused the last one.</summary>
    public ServiceRoute? Applied { get; init; }

    /// <summary>The router refused the last route as stale.</summary>
    public bool IsAhead { get; init; }

    /// <summary>The drift (external change of the split) that was last answered; null when the split is the one that was written.</summary>
    public Drift? Drift { get; init; }

    /// <summary>
    /// The rollout was paused while <see cref="Drift"/> lasts: once it is no longer paused, a person has decided about the drift.
    /// </summary>
    public bool IsPausedForDrift { get; init; }

    /// <summary>
    /// A person has resumed, which also decides about a drift if there is one: the drift is settled before the next apply.
    /// </summary>
    public bool MustSettle { get; init; }

    /// <summary>
    /// An abort that the router holds and the store has answered: it is released after the next apply. Null without one.
    /// </summary>
    public Wish? AnsweredAbort { get; init; }

    /// <summary>Why the last read of the router failed; null when it succeeded.</summary>
    public string? ObserveTrouble { get; init; }

    /// <summary>Why the last apply failed; null when it succeeded.</summary>
    public string? ApplyTrouble { get; init; }

    public string? Trouble => ApplyTrouble ?? ObserveTrouble;
}

/// <param name="Of">The record that the route was built from, compared by reference.</param>
/// <param name="Route">The route to apply.</param>
internal sealed record WantedRoute(ServiceRecord Of, ServiceRoute Route)
{
    /// <summary>The route of a record; returns <paramref name="held"/> itself if it was built from that record.</summary>
    public static WantedRoute For(ServiceRecord record, WantedRoute? held) =>
        held is not null && ReferenceEquals(held.Of, record)
            ? held
            : new(record, record.Active is { } active
                ? Exposures.RouteFor(active)
                : ServiceRoute.Idle(record.Key, record.Generation, record.LastGood));
}
