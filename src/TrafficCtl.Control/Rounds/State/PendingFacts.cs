using System.Collections.Immutable;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>Facts that go with the next commit of a target.</summary>
/// <param name="Facts">Oldest first.</param>
/// <param name="IsUrgent">They must not wait for a decision, which may take hours to come.</param>
internal sealed record PendingFacts(ImmutableArray<Fact> Facts, bool IsUrgent)
{
    public static readonly PendingFacts None = new([], false);

    public PendingFacts Add(Fact fact) => this with { Facts = Facts.Add(fact) };

    public PendingFacts AddUrgent(Fact fact) => new(Facts.Add(fact), true);

    /// <summary>The oldest so many are saved.</summary>
    public PendingFacts After(int saved) => saved >= Facts.Length ? None : this with { Facts = Facts[saved..] };
}
