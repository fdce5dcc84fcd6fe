using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>Which version is which arm now; read from any thread.</summary>
public interface IRoutesInForce
{
    /// <summary>The route that was last put in force; null for a service that the router does not know.</summary>
    ServiceRoute? Find(string service);

    /// <summary>The rule that splits the service's traffic, for metrics that name rules; null while it is not known.</summary>
    ManagedRule? RuleOf(string service) => null;
}

/// <summary>The rule of a routing object that is managed, as metrics name it.</summary>
/// <param name="At">Its position in the object; null where positions mean nothing.</param>
/// <param name="Services">The Services of the target's namespace that it sends to.</param>
public sealed record ManagedRule(int? At, ImmutableArray<string> Services)
{
    /// <summary>
    /// The positions of the rules in the service's other routes, by the names of these; empty where it has none, or they mean nothing.
    /// </summary>
    public ImmutableArray<(string Route, int At)> Also { get; init; } = [];

    public bool Equals(ManagedRule? other) =>
        other is not null && At == other.At && Services.AsSpan().SequenceEqual(other.Services.AsSpan())
        && Also.AsSpan().SequenceEqual(other.Also.AsSpan());

    public override int GetHashCode() => HashCode.Combine(At, Services.Length);
}
