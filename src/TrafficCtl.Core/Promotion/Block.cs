using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

public enum BlockKind
{
    /// <summary>It is not Good in an environment before.</summary>
    Upstream,

    Gate,

    /// <summary>The environment takes only what a person orders.</summary>
    Mode,

    Veto,

    /// <summary>It failed or was aborted here.</summary>
    Failed,

    /// <summary>A gate that let it in, or what it rested on, is not trusted any more.</summary>
    Revoked,

    Pin,

    Hold,

    /// <summary>Another bundle keeps the seat until it is Good.</summary>
    Seat,

    /// <summary>The line is stopped.</summary>
    Line,

    /// <summary>It cannot read today's data.</summary>
    Data,

    /// <summary>It was published before the record of the service was lost.</summary>
    Lost,

    /// <summary>A target is not connected.</summary>
    Target,
}

/// <summary>Why something does not go on: enough to answer why, since when, and who can do something about it.</summary>
/// <param name="Bundle">What is kept back; null where it is the environment.</param>
/// <param name="Subject">The gate, environment, target or bundle that is the reason.</param>
/// <param name="Owner">Who can unblock it; null where only time or the system can.</param>
/// <param name="Unblock">What would unblock it.</param>
public sealed record Block(
    Bundle? Bundle, BlockKind Kind, string Subject, string? Owner, DateTimeOffset Since, string Why, string Unblock);
