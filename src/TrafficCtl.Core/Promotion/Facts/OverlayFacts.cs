namespace TrafficCtl.Core.Promotion.Facts;

/// <summary>How far a veto reaches.</summary>
public enum VetoScope
{
    /// <summary>The environment and all that depend on it.</summary>
    Downstream,

    Environment,

    /// <summary>Every environment of the service.</summary>
    Service,
}

/// <summary>What is stopped.</summary>
/// <param name="Environment">Null for every environment.</param>
/// <param name="Target">Null for every target.</param>
/// <param name="IsOrganisation">The stop was given for all services; each service has it in its facts.</param>
public sealed record LineScope(string? Environment = null, string? Target = null, bool IsOrganisation = false)
{
    public static readonly LineScope Service = new();
    public static readonly LineScope Organisation = new(IsOrganisation: true);

    /// <summary>Whether it reaches that target; with none, the whole environment.</summary>
    public bool Covers(string environment, string? target) =>
        (Environment is null || Environment == environment) && (Target is null || Target == target);

    public override string ToString() => (IsOrganisation, Environment, Target) switch
    {
        (true, _, _) => "the organisation",
        (_, null, _) => "the service",
        (_, { } environment, null) => environment,
        (_, { } environment, { } target) => $"{environment}/{target}",
    };
}

/// <summary>What people order. It holds until it is lifted or expires, and is shown with its author meanwhile.</summary>
public abstract partial record PromotionFact
{
    /// <summary>This bundle in this environment, whatever is newer.</summary>
    public sealed record Pinned(FactStamp Stamp, string Environment, string Bundle) : PromotionFact(Stamp);

    public sealed record Unpinned(FactStamp Stamp, string Environment) : PromotionFact(Stamp);

    /// <summary>Nothing newer than this bundle in this environment.</summary>
    public sealed record Held(FactStamp Stamp, string Environment, string Bundle) : PromotionFact(Stamp);

    public sealed record Released(FactStamp Stamp, string Environment) : PromotionFact(Stamp);

    /// <param name="IsAutomatic">Derived from a failure.</param>
    public sealed record Vetoed(
        FactStamp Stamp, string Environment, string Bundle, VetoScope Scope = VetoScope.Downstream, DateTimeOffset? Until = null,
        bool IsAutomatic = false) : PromotionFact(Stamp);

    /// <summary>Lifts the vetoes that were given in this environment; there the bundle counts as untried.</summary>
    public sealed record Unvetoed(FactStamp Stamp, string Environment, string Bundle) : PromotionFact(Stamp);

    public sealed record LineStopped(FactStamp Stamp, LineScope Scope, bool IsAutomatic = false) : PromotionFact(Stamp);

    /// <summary>Lifts the stop of exactly this scope.</summary>
    public sealed record LineReleased(FactStamp Stamp, LineScope Scope) : PromotionFact(Stamp);

    /// <summary>What a person orders into this environment passes every gate that waits, until it is lifted.</summary>
    public sealed record BreakGlassBegun(FactStamp Stamp, string Environment) : PromotionFact(Stamp);

    public sealed record BreakGlassLifted(FactStamp Stamp, string Environment) : PromotionFact(Stamp);

    /// <summary>A person wants this bundle in this environment: the answer to a proposal, an order on demand, or a retry.</summary>
    public sealed record PromotionOrdered(FactStamp Stamp, string Environment, string Bundle) : PromotionFact(Stamp);
}
