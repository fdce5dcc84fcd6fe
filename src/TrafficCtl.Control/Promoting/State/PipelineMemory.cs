using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Control.Promoting.State;

/// <summary>What is held of one pipeline between rounds; immutable.</summary>
internal sealed record PipelineMemory(PipelineSpec Spec)
{
    /// <summary>What the facts that were read and saved add up to; a prefix of the store's where <see cref="MustLoad"/>.</summary>
    public PromotionState State { get; init; } = PromotionState.Empty;

    /// <summary>The store may hold more facts than these.</summary>
    public bool MustLoad { get; init; } = true;

    /// <summary>In the order of <see cref="PipelineSpec.Targets"/>.</summary>
    public ImmutableArray<TargetMemory> Targets { get; init; } = [.. Spec.Targets.Select(static t => new TargetMemory(t))];

    /// <summary>Questions whose answer is awaited or watched.</summary>
    public ImmutableArray<OpenQuestion> Questions { get; init; } = [];

    /// <summary>Null before the first round that decided.</summary>
    public ImmutableArray<EnvironmentDecision>? Decisions { get; init; }

    /// <summary>When publications were read last, by the monotonic clock; null where they are to be read.</summary>
    public TimeSpan? PublicationsAt { get; init; }

    /// <summary>Publications that make no bundle, in sentences.</summary>
    public ImmutableArray<string> Refused { get; init; } = [];

    /// <summary>What failed while the last round acted, in sentences.</summary>
    public ImmutableArray<string> Troubles { get; init; } = [];

    /// <summary>The last word on a target; null before the first round that decided.</summary>
    public TargetDecision? DecisionOf(TargetMemory target)
    {
        if (Decisions is not { } decisions) return null;
        foreach (var environment in decisions)
        {
            if (environment.Environment != target.Key.Environment) continue;
            foreach (var decided in environment.Targets)
                if (decided.Target == target.Key.Target) return decided;
        }

        return null;
    }

    /// <summary>With another declaration: what is known of targets that stay is kept.</summary>
    public PipelineMemory Redeclared(PipelineSpec spec) => this with
    {
        Spec = spec,
        Targets = [.. spec.Targets.Select(t => Targets.FirstOrDefault(held => held.Key == t.Key) is { } held
            ? held with { Target = t }
            : new TargetMemory(t))],
        PublicationsAt = null,
    };
}

/// <param name="IsOwn">This process asked it.</param>
/// <param name="AskedAt">By the monotonic clock.</param>
internal sealed record OpenQuestion(Question Question, bool IsOwn, TimeSpan AskedAt);
