using System.Diagnostics;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What is wrong with v2.</summary>
internal enum DemoScenario
{
    /// <summary>Nothing.</summary>
    Good,

    /// <summary>5 % of its answers are errors.</summary>
    Errors,

    /// <summary>Median and 99th percentile up by half.</summary>
    Slow,

    /// <summary>Latency creeps up after the holdback has begun.</summary>
    Leak,

    /// <summary>Nothing: both arms suffer a shared incident.</summary>
    Burst,

    /// <summary>It dies at its first step.</summary>
    Down,
}

/// <summary>How the rollout ended.</summary>
internal enum DemoOutcome
{
    Promoted,
    RolledBack,
    Paused,
    Aborted,

    /// <summary>Not within the announced time.</summary>
    Unfinished,
}

internal static class Scenarios
{
    public static readonly string[] Names = [.. Enum.GetNames<DemoScenario>().Select(n => n.ToLowerInvariant())];

    public static DemoScenario Parse(string name) => Enum.Parse<DemoScenario>(name, ignoreCase: true);

    /// <summary>What a careful person would have wanted? Null where the product decided nothing, or could not know better.</summary>
    /// <param name="isDisturbed">The machine made one version slower than it was.</param>
    public static bool? IsRight(this DemoScenario scenario, DemoOutcome outcome, bool isDisturbed) => (scenario, outcome) switch
    {
        (_, DemoOutcome.Unfinished or DemoOutcome.Aborted) => null,
        (DemoScenario.Burst, DemoOutcome.Promoted or DemoOutcome.Paused) => true,
        (_, DemoOutcome.Paused) => null,
        (DemoScenario.Good, DemoOutcome.Promoted) => true,
        (DemoScenario.Errors or DemoScenario.Slow or DemoScenario.Leak or DemoScenario.Down, DemoOutcome.RolledBack) => true,
        _ => isDisturbed ? null : false,
    };

    public static string Wanted(this DemoScenario scenario) => scenario switch
    {
        DemoScenario.Good => "promoted",
        DemoScenario.Burst => "promoted or paused",
        _ => "rolled-back",
    };

    public static string Told(this DemoScenario scenario) => scenario switch
    {
        DemoScenario.Good => "v2 is as good as v1",
        DemoScenario.Errors => "5 % of v2's answers are errors",
        DemoScenario.Slow => "v2 is slower by half, in the median and at p99",
        DemoScenario.Leak => "v2's latency creeps up once the holdback has begun",
        DemoScenario.Burst => "v1 and v2 suffer the same incident during a step",
        DemoScenario.Down => "v2 dies during its first step",
        _ => throw new UnreachableException(),
    };

    public static string Word(this DemoOutcome outcome) => outcome switch
    {
        DemoOutcome.Promoted => "promoted",
        DemoOutcome.RolledBack => "rolled-back",
        DemoOutcome.Paused => "paused",
        DemoOutcome.Aborted => "aborted",
        DemoOutcome.Unfinished => "unfinished",
        _ => throw new UnreachableException(),
    };
}
