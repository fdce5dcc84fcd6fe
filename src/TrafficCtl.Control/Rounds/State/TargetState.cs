namespace TrafficCtl.Control.Rounds.State;

/// <summary>
/// The immutable state of one target between rounds. Each stage of a round takes it and returns the next state, or the same object if
/// nothing changed. All of it can be rebuilt from the store, the router and the counters.
/// </summary>
/// <param name="Declared">The target's configuration.</param>
internal sealed record TargetState(Declaration Declared)
{
    public Known Known { get; init; } = Known.Nothing;

    public PendingFacts Pending { get; init; } = PendingFacts.None;

    public Routed Routed { get; init; } = Routed.Nothing;

    public Measured Measured { get; init; } = Measured.Nothing;

    public Decided Decided { get; init; } = Decided.Nothing;

    public Health Health { get; init; } = Health.Good;

    /// <summary>The state after the configuration of the target changed.</summary>
    public TargetState Redeclared(Declaration declared) => this with { Declared = declared, Decided = Decided with { MayStart = true } };

    public TargetState With(Routed routed) => ReferenceEquals(routed, Routed) ? this : this with { Routed = routed };

    public TargetState With(Measured measured) => ReferenceEquals(measured, Measured) ? this : this with { Measured = measured };

    public TargetState With(PendingFacts pending) => ReferenceEquals(pending, Pending) ? this : this with { Pending = pending };

    /// <summary>The state after a round without a fault.</summary>
    public TargetState Well() => Health.Faults == 0 ? this : this with { Health = Health.Good };

    /// <summary>The state after a wake-up: a wish may have been recorded.</summary>
    public TargetState Woken() => Known.MustAsk ? this : this with { Known = Known with { MustAsk = true } };
}
