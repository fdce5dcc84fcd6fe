using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Persistence;

/// <summary>A fact's sentence again as data: what <c>why</c> and a replay need. Only what applies is set and written.</summary>
public sealed record FactData
{
    /// <summary>The generation that the decision was saved as.</summary>
    public long? Generation { get; init; }

    public Phase? Phase { get; init; }

    /// <summary>The exposure asked for from then on.</summary>
    public Exposure? Exposure { get; init; }

    public Judgement? Judgement { get; init; }

    public string? Version { get; init; }

    public string? Stable { get; init; }

    /// <summary>The wish that was recorded or answered.</summary>
    public long? WishId { get; init; }

    public bool? Accepted { get; init; }

    public string? Who { get; init; }

    public string? Reason { get; init; }

    public string? From { get; init; }

    /// <summary>When the wish was asked for, to the tick: with who and from where it names the wish.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Anything else, by name.</summary>
    public ImmutableSortedDictionary<string, string>? More { get; init; }
}
