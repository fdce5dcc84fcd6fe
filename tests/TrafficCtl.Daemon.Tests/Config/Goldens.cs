using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>The delivery files beside the tests: valid ones, and invalid ones with the problems they are to have.</summary>
internal static class Goldens
{
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "Config", "Golden");

    /// <summary>What a daemon can do that was told of Prometheus and Alertmanager, and may start what any file names.</summary>
    public static Abilities Able { get; } = Abilities.Embedded(hasPrometheus: true, hasAlertmanager: true, ["/"]);

    public static ImmutableArray<string> Valid { get; } = Files("valid");

    public static ImmutableArray<string> Invalid { get; } = Files("invalid");

    private static ImmutableArray<string> Files(string kind) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, kind), "*.yaml").Order(StringComparer.Ordinal)];
}
