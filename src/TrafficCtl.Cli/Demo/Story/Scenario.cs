using System.Diagnostics;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What is wrong with v2.</summary>
internal enum Scenario
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
internal enum Outcome
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
    public static readonly string[] Names = [.. Enum.GetNames<Scenario>().Select(n => n.ToLowerInvariant())];

    public static Scenario Parse(string name) => Enum.Parse<Scenario>(name, ignoreCase: true);

    /// <summary>What a careful person would have wanted? Null where the product decided nothing, or could not know better.</summary>
    /// <param name="isDisturbed">The machine made one version slower than it was.</param>
    public static bool? IsRight(this Scenario scenario, Outcome outcome, bool isDisturbed) => (scenario, outcome) switch
    {
        (_, Outcome.Unfinished or Outcome.Aborted) => null,
        (Scenario.Burst, Outcome.Promoted or Outcome.Paused) => true,
        (_, Outcome.Paused) => null,
        (Scenario.Good, Outcome.Promoted) => true,
        (Scenario.Errors or Scenario.Slow or Scenario.Leak or Scenario.Down, Outcome.RolledBack) => true,
        _ => isDisturbed ? null : false,
    };

    public static string Wanted(this Scenario scenario) => scenario switch
    {
        Scenario.Good => "promoted",
        Scenario.Burst => "promoted or paused",
        _ => "rolled-back",
    };

    public static string Told(this Scenario scenario) => scenario switch
    {
        Scenario.Good => "v2 is as good as v1",
        Scenario.Errors => "5 % of v2's answers are errors",
        Scenario.Slow => "v2 is slower by half, in the median and at p99",
        Scenario.Leak => "v2's latency creeps up once the holdback has begun",
        Scenario.Burst => "v1 and v2 suffer the same incident during a step",
        Scenario.Down => "v2 dies during its first step",
        _ => throw new UnreachableException(),
    };

    public static string Word(this Outcome outcome) => outcome switch
    {
        Outcome.Promoted => "promoted",
        Outcome.RolledBack => "rolled-back",
        Outcome.Paused => "paused",
        Outcome.Aborted => "aborted",
        Outcome.Unfinished => "unfinished",
        _ => throw new UnreachableException(),
    };
}
