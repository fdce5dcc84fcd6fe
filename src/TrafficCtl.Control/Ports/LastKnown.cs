using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Ports;

/// <summary>What outlived a lost store: the router's last snapshot.</summary>
/// <param name="Routes">The last routes in force; empty when they are gone too.</param>
/// <param name="StoreLost">Why the store began anew (a corrupt file that was moved aside); null when nothing is known to be lost.</param>
public sealed record LastKnown(ImmutableArray<ServiceRoute> Routes, string? StoreLost = null)
{
    /// <summary>
    /// The same as <see cref="StoreLost"/> of a store that is opened later: asked when a service is to be born. Null where the store is
    /// open already.
    /// </summary>
    public Func<string?>? WhenOpened { get; init; }

    /// <summary>Why the store began anew, as far as it is known now.</summary>
    public string? WhyLost => StoreLost ?? WhenOpened?.Invoke();

    public static readonly LastKnown Nothing = new([]);
}
