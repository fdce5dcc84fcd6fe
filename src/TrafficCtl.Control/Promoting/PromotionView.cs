using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Promoting;

/// <summary>All that is known of one pipeline after a round; immutable.</summary>
/// <param name="State">What its facts add up to.</param>
/// <param name="Environments">What was decided of each, in the order of <see cref="PipelineSpec.Promotion"/>.</param>
/// <param name="Targets">In the order of <see cref="PipelineSpec.Targets"/>.</param>
/// <param name="At">The time of the round.</param>
public sealed record PromotionView(
    PipelineSpec Spec, PromotionState State, ImmutableArray<EnvironmentDecision> Environments, ImmutableArray<PromotedTarget> Targets,
    DateTimeOffset At)
{
    /// <summary>Trouble that a person should know of, in sentences.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Why the facts could not be read or saved: what is shown is what was known before. Null when all is well.</summary>
    public string? Trouble { get; init; }

    public EnvironmentDecision? Find(string environment) => Environments.FirstOrDefault(e => e.Environment == environment);
}

/// <summary>How a target stands to what it is to run.</summary>
/// <param name="Decided">What the last round decided of it.</param>
/// <param name="Desired">What its environment is to run; null where that is undecided.</param>
/// <param name="Observed">What has all of its traffic; null for nothing.</param>
/// <param name="BehindSince">Since when the two differ; null while they are the same.</param>
public sealed record PromotedTarget(
    TargetKey Key, TargetDecision Decided, Bundle? Desired, Bundle? Observed, DateTimeOffset? BehindSince)
{
    public bool IsConnected { get; init; } = true;

    /// <summary>What runs in its slots; empty where that is unknown.</summary>
    public ImmutableArray<SlotStatus> Slots { get; init; } = [];

    /// <summary>Why it is not what it is to be, or cannot be seen, in a sentence; null when all is well.</summary>
    public string? Why { get; init; }
}
