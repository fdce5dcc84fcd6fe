using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What is known of the router of one target, and what it is still to be told.</summary>
internal sealed record Routed
{
    /// <summary>The router was neither asked nor told yet.</summary>
    public static readonly Routed Nothing = new();

    /// <summary>The route of the record, made once; null before the first application.</summary>
    public WantedRoute? Wanted { get; init; }

    /// <summary>The last route that the router took; null when it took none, or refused the last one.</summary>
    public ServiceRoute? Applied { get; init; }

    /// <summary>It refused a route as older than its own.</summary>
    public bool IsAhead { get; init; }

    /// <summary>The drift that was last answered; null when the split is what was written.</summary>
    public Drift? Drift { get; init; }

    /// <summary>The rollout was seen paused while <see cref="Drift"/> lasts: the next time it is not, a person has decided.</summary>
    public bool IsPausedForDrift { get; init; }

    /// <summary>A person has resumed, and so decided about a drift if there is one: it is settled before the next application.</summary>
    public bool MustSettle { get; init; }

    /// <summary>
    /// An abort that the router holds and the store has answered: it is released after the next application. Null without one.
    /// </summary>
    public Wish? AnsweredAbort { get; init; }

    /// <summary>Why it could not be asked; null when it could.</summary>
    public string? ObserveTrouble { get; init; }

    /// <summary>Why it could not be told; null when it could.</summary>
    public string? ApplyTrouble { get; init; }

    public string? Trouble => ApplyTrouble ?? ObserveTrouble;
}

/// <param name="Of">The record that it is the route of, compared by reference.</param>
/// <param name="Route">What the router is to do.</param>
internal sealed record WantedRoute(ServiceRecord Of, ServiceRoute Route)
{
    /// <summary>The route of a record; <paramref name="held"/> itself when it is that.</summary>
    public static WantedRoute For(ServiceRecord record, WantedRoute? held) =>
        held is not null && ReferenceEquals(held.Of, record)
            ? held
            : new(record, record.Active is { } active
                ? Exposures.RouteFor(active)
                : ServiceRoute.Idle(record.Key, record.Generation, record.LastGood));
}
