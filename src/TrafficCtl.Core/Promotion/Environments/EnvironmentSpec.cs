using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>What is declared of an environment.</summary>
public sealed record EnvironmentSpec(string Name)
{
    /// <summary>The environments in which a bundle is to be Good before it enters this one; none takes every new bundle.</summary>
    public ImmutableArray<string> After { get; init; } = [];

    /// <summary>What has to hold for a bundle to enter. Live ones are asked again before each step.</summary>
    public ImmutableArray<EntryGate> Needs { get; init; } = [];

    /// <summary>What is asked of a bundle once it is at 100 % here, before it is Good here.</summary>
    public ImmutableArray<EntryGate> Verify { get; init; } = [];

    public PromotionMode Mode { get; init; }

    /// <summary>The time between 100 % and Good. Its rollouts measure it; here it is for forecasts.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The least time from the start of a rollout to 100 %, for forecasts.</summary>
    public TimeSpan Ramp { get; init; }

    /// <summary>The names of its targets as they are now.</summary>
    public ImmutableArray<string> Targets { get; init; } = [TargetKey.DefaultTarget];

    /// <summary>How many disconnected targets a bundle need not have reached to be Good; null for all but one.</summary>
    public int? Tolerate { get; init; }
}
