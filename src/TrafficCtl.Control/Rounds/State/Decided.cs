using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What the engines said last of one target.</summary>
internal sealed record Decided
{
    /// <summary>They were not asked yet.</summary>
    public static readonly Decided Nothing = new();

    /// <summary>Something changed that the starter looks at.</summary>
    public bool MayStart { get; init; } = true;

    /// <summary>
    /// The elapsed time at which this process first saw that the active rollout's candidate is not listed; null while it is.
    /// </summary>
    public TimeSpan? WithdrawnSince { get; init; }

    /// <summary>What the last decision about the active rollout was made from; null before the first.</summary>
    public Seen? Seen { get; init; }

    /// <summary>The last decision, also one that only holds; null when this process made none.</summary>
    public Decision? Decision { get; init; }
}
