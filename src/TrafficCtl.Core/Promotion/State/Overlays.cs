using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>A bundle that a person named for an environment, with who, when and why.</summary>
public sealed record Overlay(string Bundle, FactStamp Stamp);

/// <summary>A bundle is not to run.</summary>
/// <param name="Environment">Where it was given.</param>
public sealed record Veto(string Environment, VetoScope Scope, DateTimeOffset? Until, bool IsAutomatic, FactStamp Stamp)
{
    public bool IsInForce(DateTimeOffset now) => Until is not { } until || now < until;
}

/// <summary>Nothing new begins within the scope.</summary>
public sealed record LineStop(LineScope Scope, bool IsAutomatic, FactStamp Stamp);

/// <summary>A person lifted the gates that wait.</summary>
public sealed record BreakGlass(FactStamp Stamp);
