using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>The rollout of a target that is not over yet.</summary>
/// <param name="Step">From 0; -1 before the first.</param>
public sealed record ActiveRollout(string Bundle, string Id, StartReason Reason, DateTimeOffset StartedAt, int Step = -1)
{
    /// <summary>When it entered 100 %; null before.</summary>
    public DateTimeOffset? PromotedAt { get; init; }
}

/// <summary>What is known of one target.</summary>
public sealed record TargetRecord
{
    public static readonly TargetRecord None = new();

    public bool IsConnected { get; init; } = true;

    /// <summary>Since when that is so; null where it was never said.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>What has all of its traffic; null for nothing yet.</summary>
    public string? Current { get; init; }

    /// <summary>The watch of <see cref="Current"/> is over here.</summary>
    public bool IsGood { get; init; }

    public DateTimeOffset CurrentSince { get; init; }

    public ActiveRollout? Active { get; init; }
}
