using System.Collections.Immutable;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What the demonstration does to the upstreams at a moment of the rollout.</summary>
internal enum Cue
{
    KillV2,
    Incident,
    Leak,
}

/// <summary>Knows when the scenario's trouble begins; each cue is given once.</summary>
internal sealed class Director(Profile profile)
{
    /// <summary>Into the first step.</summary>
    public static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(2);

    private readonly HashSet<Cue> given = [];

    /// <summary>In the first step, in the second, and in the holdback, which is the last; a few seconds into each.</summary>
    public ImmutableArray<Cue> See(RolloutStatus rollout, DateTimeOffset now)
    {
        if (rollout.Phase != "Observing") return [];
        var elapsed = rollout.InPhase?.ToTimeSpan() ?? now - rollout.ChangedAt.ToDateTimeOffset();
        return profile.Scenario switch
        {
            DemoScenario.Down when elapsed >= KillAfter => Give(Cue.KillV2),
            DemoScenario.Burst when rollout.Step >= 2 && elapsed >= TimeSpan.FromSeconds(1) => Give(Cue.Incident),
            DemoScenario.Leak when rollout.Step == rollout.Steps && elapsed >= profile.LeakAfter => Give(Cue.Leak),
            _ => [],
        };
    }

    private ImmutableArray<Cue> Give(Cue cue) => given.Add(cue) ? [cue] : [];
}
