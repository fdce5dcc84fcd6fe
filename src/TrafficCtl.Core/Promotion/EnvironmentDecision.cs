using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>What the desired bundle follows from.</summary>
public enum DesiredBy
{
    /// <summary>There is none: targets stay as they are.</summary>
    Nothing,

    Pin,

    Hold,

    /// <summary>A candidate that every gate lets in now, and that no target has yet.</summary>
    Approved,

    /// <summary>What was let in last and is not Good yet.</summary>
    Seat,

    /// <summary>What was let in last and is Good.</summary>
    Settled,

    /// <summary>What was let in last must not run: the last good one comes back.</summary>
    LastGood,
}

/// <summary>What is decided for one environment.</summary>
/// <param name="Why">In words, with names.</param>
/// <param name="Skips">The gates that are not open and that a person, or a rollback, passes over.</param>
public sealed record EnvironmentDecision(
    string Environment, Bundle? Desired, DesiredBy By, string Why, ImmutableArray<string> Skips)
{
    public ImmutableArray<TargetDecision> Targets { get; init; } = [];

    /// <summary>The bundles that matter here now, newest first.</summary>
    public ImmutableArray<BundleView> Bundles { get; init; } = [];

    /// <summary>To be recorded as <see cref="PromotionFact.GateAsked"/>, then asked.</summary>
    public ImmutableArray<Question> Questions { get; init; } = [];

    /// <summary>What keeps bundles out, or targets from the desired one.</summary>
    public ImmutableArray<Block> Blocks { get; init; } = [];

    /// <summary>To be appended: what follows from the facts so far. Their sequence is 0.</summary>
    public ImmutableArray<PromotionFact> Facts { get; init; } = [];

    /// <summary>Shown until it is lifted; null where it is not in force.</summary>
    public BreakGlass? BreakGlass { get; init; }
}

/// <summary>A bundle in an environment.</summary>
public sealed record BundleView(Bundle Bundle, BundlePhase Phase);
