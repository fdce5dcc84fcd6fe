namespace TrafficCtl.Control.Rounds.State;

/// <summary>
/// What outlives a round of one target, as a value. Each stage of a round takes it and returns the next one, the same object
/// where nothing changed. All of it can be built again from the store, the router and the counters.
/// </summary>
/// <param name="Declared">What the file says.</param>
internal sealed record TargetState(Declaration Declared)
{
    public Known Known { get; init; } = Known.Nothing;

    public PendingFacts Pending { get; init; } = PendingFacts.None;

    public Routed Routed { get; init; } = Routed.Nothing;

    public Measured Measured { get; init; } = Measured.Nothing;

    public Decided Decided { get; init; } = Decided.Nothing;

    public Health Health { get; init; } = Health.Good;

    /// <summary>The file says something else of the target now.</summary>
    public TargetState Redeclared(Declaration declared) => this with { Declared = declared, Decided = Decided with { MayStart = true } };

    public TargetState With(Routed routed) => ReferenceEquals(routed, Routed) ? this : this with { Routed = routed };

    public TargetState With(Measured measured) => ReferenceEquals(measured, Measured) ? this : this with { Measured = measured };

    public TargetState With(PendingFacts pending) => ReferenceEquals(pending, Pending) ? this : this with { Pending = pending };

    /// <summary>The round went well.</summary>
    public TargetState Well() => Health.Faults == 0 ? this : this with { Health = Health.Good };

    /// <summary>A wish may have been recorded.</summary>
    public TargetState Woken() => Known.MustAsk ? this : this with { Known = Known with { MustAsk = true } };
}
