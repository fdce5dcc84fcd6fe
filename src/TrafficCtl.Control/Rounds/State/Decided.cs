using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>The last answers of the engines about one target.</summary>
internal sealed record Decided
{
    /// <summary>The engines were not asked yet.</summary>
    public static readonly Decided Nothing = new();

    /// <summary>An input of the starter (<see cref="Core.Services.RolloutStarter"/>) changed, so it has to be asked again.</summary>
    public bool MayStart { get; init; } = true;

    /// <summary>
    /// The elapsed time at which this process first saw that the active rollout's candidate is not listed; null while it is.
    /// </summary>
    public TimeSpan? WithdrawnSince { get; init; }

    /// <summary>What the last decision about the active rollout was made from; null before the first.</summary>
    public Seen? Seen { get; init; }

    /// <summary>The last decision, including one to hold; null when this process has made none.</summary>
    public Decision? Decision { get; init; }
}
